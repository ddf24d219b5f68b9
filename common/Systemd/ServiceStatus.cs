using System.Net.Sockets;

namespace Consoles.Common.Systemd;

/// <summary>Tells systemd that this process is ready, how it stands, and that it is alive.</summary>
/// <param name="words">How it stands, as systemctl status shows it.</param>
/// <param name="notTold">Told once, and why, when systemd does not take what is said.</param>
internal sealed class ServiceStatus(ServiceNotifier systemd, Func<string> words, Action<string> notTold, TimeProvider clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private bool _saidFailure;

    /// <summary>From when the process is ready until it stops. It ends by the token, without an exception.</summary>
    public async Task TellAsync(CancellationToken stopping)
    {
        if (!systemd.IsListening)
        {
            return;
        }

        // Half of what systemd waits, as sd_watchdog_enabled(3) advises.
        var period = systemd.WatchdogTimeout is { } timeout && timeout / 2 < LookEvery ? timeout / 2 : LookEvery;
        using var timer = new PeriodicTimer(period, clock);
        Tell("READY=1");
        var told = "";

        try
        {
            do
            {
                var now = words();

                if (now != told)
                {
                    Tell($"STATUS={now}");
                    told = now;
                }

                if (systemd.WatchdogTimeout is not null)
                {
                    Tell("WATCHDOG=1");
                }
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Tell("STOPPING=1");
        }
    }

    private void Tell(string message)
    {
        try
        {
            systemd.Tell(message);
        }
        catch (SocketException e)
        {
            if (!_saidFailure)
            {
                _saidFailure = true;
                notTold(e.Message);
            }
        }
    }
}
