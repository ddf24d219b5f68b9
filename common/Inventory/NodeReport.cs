namespace Consoles.Common.Inventory;

/// <summary>What a node says of itself: all of its domains, or what changed since the report before.</summary>
public sealed record NodeReport
{
    /// <summary>Counts up by one with each report of one agent process. A report that does not is refused as a replay.</summary>
    public required long Generation { get; init; }

    /// <summary>True: <see cref="Domains"/> are all there are. False: they are those that changed since the generation before.</summary>
    public required bool Whole { get; init; }

    public required LibvirtHealth Libvirt { get; init; }

    public IReadOnlyList<DomainReport> Domains { get; init; } = [];

    /// <summary>Domains that are no more. Empty in a whole report.</summary>
    public IReadOnlyList<DomainId> Gone { get; init; } = [];

    /// <summary>Null: as in the generation before or, in a whole report, the agent looks after none.</summary>
    public NodeCertificates? Certificates { get; init; }
}
