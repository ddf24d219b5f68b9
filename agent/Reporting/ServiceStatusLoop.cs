using System.Net.Sockets;
using Consoles.Agent.Inventory;
using Consoles.Agent.Systemd;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Reporting;

/// <summary>Tells systemd that the agent is ready, how it stands, and that it is alive.</summary>
internal sealed class ServiceStatusLoop(
    ServiceNotifier systemd, LinkState link, NodeInventory inventory, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ServiceStatusLoop> logger)
    : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private bool _saidFailure;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!systemd.IsListening)
        {
            return;
        }

        // Half of what systemd waits, as sd_watchdog_enabled(3) advises.
        var period = systemd.WatchdogTimeout is { } timeout && timeout / 2 < LookEvery ? timeout / 2 : LookEvery;
        using var timer = new PeriodicTimer(period, clock);
        await StartedAsync(stoppingToken);
        Tell("READY=1");
        var told = "";

        try
        {
            do
            {
                var status = Status();

                if (status != told)
                {
                    Tell($"STATUS={status}");
                    told = status;
                }

                if (systemd.WatchdogTimeout is not null)
                {
                    Tell("WATCHDOG=1");
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        finally
        {
            Tell("STOPPING=1");
        }
    }

    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(cancellationToken);
    }

    private string Status() => inventory.Current.Libvirt is { Connected: false } libvirt ? $"{link.Words}. libvirt: {libvirt.Reason}" : link.Words;

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
                logger.StateNotTold(e.Message);
            }
        }
    }
}
