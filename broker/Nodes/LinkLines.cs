using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Asks agents about serial consoles over their links.</summary>
internal sealed class LinkLines(AgentLinks links, TimeProvider clock) : IAgentLines
{
    private const int MaxReason = 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async Task<string?> WhyNotAsync(string node, Incarnation incarnation, string console, CancellationToken cancellationToken)
    {
        if (links.Find(node) is not { } link)
        {
            return $"The agent of node {node}, which knows whose console it is, is not connected.";
        }

        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);

        try
        {
            return await link.AskAsync(request => new LineQuestion(request, incarnation, console), either.Token) switch
            {
                LineVerdict { WhyNot: null } => null,
                LineVerdict { WhyNot: { } whyNot } => whyNot[..Math.Min(whyNot.Length, MaxReason)],
                _ => $"The agent of node {node} did not say whose console it is.",
            };
        }
        catch (LinkLostException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The agent of node {node} did not say within {Limit.TotalSeconds:0} seconds whose console it is.";
        }
    }
}
