using Consoles.Broker.Store;

namespace Consoles.Broker.Nodes;

/// <summary>Every second, ends the links of agents that fell silent and of nodes that were removed, by whichever process.</summary>
internal sealed class LinkSweep(AgentLinks links, NodeRegistry nodes, ConsoleDirectory directory, TimeProvider clock, ILogger<LinkSweep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private bool _storeFailed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);

        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                EndSilent();
                EndRemoved();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.SweepEnded();
        }
    }

    private void EndSilent()
    {
        foreach (var link in links.Current.Where(link => clock.GetUtcNow() - link.HeardAt >= ConsoleDirectory.SilenceLimit))
        {
            _ = link.EndAsync($"No report came for {ConsoleDirectory.SilenceLimit.TotalSeconds:0} seconds.", final: false);
        }
    }

    private void EndRemoved()
    {
        try
        {
            foreach (var node in nodes.Removed())
            {
                links.End(node, $"Node {node} was removed.");
                directory.Forget(node);
            }

            _storeFailed = false;
        }
        catch (StoreException e)
        {
            // Links and sessions go on without the store. Once is enough to say so.
            if (!_storeFailed)
            {
                log.StoreFailedForSweep(e.Message);
            }

            _storeFailed = true;
        }
    }
}
