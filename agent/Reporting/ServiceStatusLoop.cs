using Consoles.Agent.Inventory;
using Consoles.Common.Systemd;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Reporting;

/// <summary>Tells systemd how the agent stands, from its start to its stop.</summary>
internal sealed class ServiceStatusLoop(
    ServiceNotifier systemd, LinkState link, NodeInventory inventory, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ServiceStatusLoop> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(stoppingToken);

        await new ServiceStatus(systemd, Words, logger.StateNotTold, clock).TellAsync(stoppingToken);
    }

    private string Words() => inventory.Current.Libvirt is { Connected: false } libvirt ? $"{link.Words}. libvirt: {libvirt.Reason}" : link.Words;
}
