using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Has agents press keys, over their links.</summary>
internal sealed class LinkKeys(AgentLinks links, TimeProvider clock) : IAgentKeys
{
    private const int MaxReason = 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    // Far more than a stroke takes, where libvirt and the guest are slow.
    private static readonly TimeSpan PatienceForStroke = TimeSpan.FromMilliseconds(250);

    public async Task<int> SendAsync(string node, Incarnation run, IReadOnlyList<KeyStroke> strokes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(strokes.Count, KeysWanted.MaxStrokes);
        var link = links.Find(node) ?? throw new AgentKeysException(AgentKeysFault.Away, $"The agent of node {node}, which presses the keys, is not connected.");
        using var limit = new CancellationTokenSource(Patience + PatienceForStroke * strokes.Count, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);

        try
        {
            return await link.AskAsync(request => new KeysWanted(request, run, strokes), either.Token) switch
            {
                KeysSent { Reason: null } sent when sent.Sent == strokes.Count => sent.Sent,
                KeysSent sent => throw new AgentKeysException(AgentKeysFault.Failed, $"The agent of node {node} stopped: {Shorten(sent.Reason)}", Math.Clamp(sent.Sent, 0, strokes.Count)),
                _ => throw new AgentKeysException(AgentKeysFault.Failed, $"The agent of node {node} answered with something else than how many keys it pressed."),
            };
        }
        catch (LinkLostException e)
        {
            throw new AgentKeysException(AgentKeysFault.Failed, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AgentKeysException(AgentKeysFault.Late, $"The agent of node {node} did not say in time that the keys were pressed.");
        }
    }

    private static string Shorten(string? reason) => reason is null ? "it does not say why." : reason[..Math.Min(reason.Length, MaxReason)];
}
