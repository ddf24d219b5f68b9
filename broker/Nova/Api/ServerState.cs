namespace Consoles.Broker.Nova.Api;

/// <summary>libvirt's states in Nova's words.</summary>
/// <param name="Status">What people are shown.</param>
/// <param name="Vm">OS-EXT-STS:vm_state.</param>
/// <param name="Task">OS-EXT-STS:task_state.</param>
/// <param name="Power">OS-EXT-STS:power_state.</param>
internal sealed record ServerState(string Status, string Vm, string? Task, int Power)
{
    private static readonly ServerState Active = new("ACTIVE", "active", Task: null, Power: 1);

    /// <param name="state">Where it comes from.</param>
    public static ServerState OfMigrating(string state) => Of(state) with { Status = "MIGRATING", Task = "migrating" };

    /// <param name="state">virDomainState, as the agent reports it.</param>
    public static ServerState Of(string state) => state switch
    {
        "running" or "blocked" => Active,
        "shutdown" => Active with { Task = "powering-off" },
        "paused" => new("PAUSED", "paused", Task: null, Power: 3),
        "shutoff" => new("SHUTOFF", "stopped", Task: null, Power: 4),
        "crashed" => new("ERROR", "error", Task: null, Power: 6),
        "pmsuspended" => new("SUSPENDED", "suspended", Task: null, Power: 7),
        _ => new("UNKNOWN", "active", Task: null, Power: 0),
    };
}
