using System.Reflection;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Relays;
using Consoles.Agent.Rotation;
using Consoles.Common.Link;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Reporting;

/// <summary>Keeps one link to the broker and tells it of this node, for as long as the agent runs.</summary>
internal sealed class ReportingLoop(
    CurrentIdentity current,
    NodeInventory inventory,
    IEnumerable<ILinkRequestHandler> handlers,
    EpochFile epochs,
    LinkState state,
    WantedPlan plan,
    IOptions<ReportingOptions> options,
    TimeProvider clock,
    ILogger<ReportingLoop> logger) : BackgroundService
{
    private static readonly TimeSpan FinalRetry = TimeSpan.FromMinutes(1);

    private static readonly string Version = typeof(ReportingLoop).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private readonly ReportNumbers _numbers = new();
    private readonly Outage _outage = new(clock, logger);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var epoch = epochs.Next();
        await FirstSnapshotAsync(stoppingToken);

        while (true)
        {
            await Task.Delay(await LinkOnceAsync(epoch, stoppingToken), clock, stoppingToken);
        }
    }

    /// <returns>How long to wait before the next attempt.</returns>
    private async Task<TimeSpan> LinkOnceAsync(long epoch, CancellationToken cancellationToken)
    {
        var (identity, replaced) = current.Get();

        try
        {
            await using var link = await BrokerClient.ConnectAsync(identity, cancellationToken);
            var linked = false;

            var conversation = new LinkConversation(link, identity, inventory, _numbers, handlers, options.Value, clock)
            {
                OnAccepted = (snapshot, accepted) =>
                {
                    plan.Became(accepted.Plan);
                    state.Words = $"Reporting {snapshot.Domains.Count} domains of {identity.Node} to {link.Broker}";

                    if (!linked)
                    {
                        linked = true;
                        _outage.Over(link.Broker);
                    }
                },
            };

            // A link that was made with the old certificate outlives it by nothing: the new one is tried while the old one still counts.
            switch (await conversation.RunAsync(new Hello(identity.Node, epoch, Version), replaced, cancellationToken))
            {
                case { Final: true } refused:
                    var reason = BrokerHttp.Plain(refused.Reason);
                    logger.RefusedForGood(link.Broker, identity.Node, reason, FinalRetry);
                    state.Words = $"Refused by {link.Broker}: {reason}";
                    return FinalRetry;
                case { } refused:
                    return Failed($"The broker at {link.Broker} ended the link: {BrokerHttp.Plain(refused.Reason)}", personMustAct: false);
                case null when replaced.IsCompleted:
                    logger.LinkRenewed(link.Broker);
                    return TimeSpan.Zero;
                case null:
                    return Failed($"The broker at {link.Broker} closed the link.", personMustAct: false);
            }
        }
        catch (LinkException e)
        {
            return Failed(e.Message, e.PersonMustAct);
        }
    }

    private TimeSpan Failed(string reason, bool personMustAct)
    {
        _outage.Failed(reason, personMustAct);
        state.Words = reason;
        return Backoff.After(_outage.Failures, Random.Shared.NextDouble());
    }

    // Before libvirt has answered, the inventory is empty, and to report that would end sessions that run well.
    private async Task FirstSnapshotAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.Value.FirstReportPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);

        try
        {
            var snapshot = inventory.Current;

            while (!snapshot.Libvirt.Connected)
            {
                snapshot = await inventory.NewerThanAsync(snapshot.Version, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            logger.ReportingWithoutLibvirt(inventory.Current.Libvirt.Reason);
        }
    }
}
