namespace Consoles.Agent.Rotation;

/// <summary>What became of giving a running guest its new certificate.</summary>
internal sealed record ReloadResult(ReloadOutcome Outcome, string? Reason)
{
    public static ReloadResult Done { get; } = new(ReloadOutcome.Done, Reason: null);

    public static ReloadResult Pending(string reason) => new(ReloadOutcome.Pending, reason);

    public static ReloadResult Refused(string reason) => new(ReloadOutcome.Refused, reason);

    public static ReloadResult NeedsRestart(string reason) => new(ReloadOutcome.NeedsRestart, reason);
}

internal enum ReloadOutcome
{
    /// <summary>QEMU has taken it.</summary>
    Done,

    /// <summary>Not now; later.</summary>
    Pending,

    /// <summary>QEMU does not want these files.</summary>
    Refused,

    /// <summary>Not in the life of this QEMU.</summary>
    NeedsRestart,
}
