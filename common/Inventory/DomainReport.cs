namespace Consoles.Common.Inventory;

/// <summary>What a node says of one domain.</summary>
public sealed record DomainReport
{
    public required DomainId Id { get; init; }

    public required string Name { get; init; }

    /// <summary>libvirt's word for virDomainState: running, blocked, paused, shutdown, shutoff, crashed, pmsuspended.</summary>
    public required string State { get; init; }

    /// <summary>The present run, or null while the domain does not run.</summary>
    public Incarnation? Incarnation { get; init; }

    public IReadOnlyList<ConsoleEndpoint> Consoles { get; init; } = [];

    /// <summary>Why this domain's XML was not read, or null. Other domains are not affected.</summary>
    public string? Refusal { get; init; }
}
