namespace Consoles.Agent.Systemd;

/// <summary>What systemd says of a unit.</summary>
/// <param name="LoadState">loaded, not-found, masked ...</param>
/// <param name="ActiveState">active, activating, inactive, failed ...</param>
/// <param name="StartedAt">When the service's present or last main process was started, or null when none ever was.</param>
internal sealed record UnitState(string Name, string LoadState, string ActiveState, DateTimeOffset? StartedAt)
{
    public bool IsLoaded => LoadState == "loaded";

    /// <summary>It runs, or is on its way.</summary>
    public bool IsUp => ActiveState is "active" or "activating" or "reloading";
}

/// <summary>Asks the node's service manager about units, and to restart them (org.freedesktop.systemd1(5)).</summary>
internal static class SystemdUnits
{
    private const string Systemd = "org.freedesktop.systemd1";
    private const string Root = "/org/freedesktop/systemd1";
    private const string Manager = Systemd + ".Manager";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>systemd is this node's first process (sd_booted(3)).</summary>
    public static bool IsInCharge => Directory.Exists("/run/systemd/system");

    /// <exception cref="SystemdException">systemd could not be asked.</exception>
    public static Task<UnitState> FindAsync(string name) => Task.Run(() =>
    {
        using var bus = SystemBus.Open();
        var path = bus.Call(Systemd, Root, Manager, "LoadUnit", name);
        var loaded = bus.StringProperty(Systemd, path, Systemd + ".Unit", "LoadState");
        var active = bus.StringProperty(Systemd, path, Systemd + ".Unit", "ActiveState");

        var started = loaded == "loaded" && name.EndsWith(".service", StringComparison.Ordinal)
            ? bus.NumberProperty(Systemd, path, Systemd + ".Service", "ExecMainStartTimestamp")
            : 0;

        return new UnitState(name, loaded, active, started == 0 ? null : DateTimeOffset.UnixEpoch.AddMicroseconds(started));
    });

    /// <summary>Forgets that the unit failed or was started too often, which otherwise forbids to start it again.</summary>
    /// <exception cref="SystemdException">systemd could not be asked.</exception>
    public static Task ForgetFailureAsync(string name) => Task.Run(() =>
    {
        using var bus = SystemBus.Open();
        bus.Call(Systemd, Root, Manager, "ResetFailedUnit", name);
    });

    /// <summary>Restarts a unit and waits for the end of systemd's job.</summary>
    /// <returns>The job's result: done, failed, timeout, canceled, dependency or skipped. A service that ends right after its start is done as well.</returns>
    /// <exception cref="SystemdException">systemd refused, or the job did not end within the limit.</exception>
    public static Task<string> RestartAsync(string name, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var bus = SystemBus.Open();
            var ended = new Dictionary<string, string>(StringComparer.Ordinal);

            // Before the job is there: it may end before its path is known here.
            bus.OnSignal(Systemd, Root, Manager, "JobRemoved", "uoss", job => ended[job[1]] = job[3]);
            bus.Call(Systemd, Root, Manager, "Subscribe");
            var path = bus.Call(Systemd, Root, Manager, "RestartUnit", name, "replace");
            var until = clock.GetUtcNow() + limit;

            while (!ended.ContainsKey(path))
            {
                cancellationToken.ThrowIfCancellationRequested();

                if (clock.GetUtcNow() > until)
                {
                    throw new SystemdException($"systemd has not restarted {name} within {limit.TotalSeconds:0} s; it goes on trying.");
                }

                bus.Dispatch(Look);
            }

            return ended[path];
        },
        cancellationToken);
}
