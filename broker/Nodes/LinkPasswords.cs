using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Asks agents for passwords over their links.</summary>
internal sealed class LinkPasswords(AgentLinks links, TimeProvider clock) : IConsolePasswords
{
    private const int MaxReason = 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async Task<string> GetAsync(string node, Incarnation incarnation, string console, CancellationToken cancellationToken)
    {
        var link = links.Find(node) ?? throw new ConsolePasswordException($"The agent of node {node}, which knows the console's password, is not connected.");
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);

        try
        {
            return await link.AskAsync(request => new PasswordWanted(request, incarnation, console), either.Token) is PasswordFound found
                ? found.Password ?? throw new ConsolePasswordException($"The agent of node {node} has no password for {console}: {Shorten(found.Reason)}")
                : throw new ConsolePasswordException($"The agent of node {node} answered with something else than a password.");
        }
        catch (LinkLostException e)
        {
            throw new ConsolePasswordException(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConsolePasswordException($"The agent of node {node} did not give the console's password within {Limit.TotalSeconds:0} seconds.");
        }
    }

    private static string Shorten(string? reason) => reason is null ? "it does not say why." : reason[..Math.Min(reason.Length, MaxReason)];
}
