using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Consoles.Broker.Authority;
using Consoles.Broker.Store;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>The links of all agents: at most one for each node, that of the agent which started last.</summary>
internal sealed class AgentLinks(NodeRegistry nodes, ConsoleDirectory directory, HostCertificates certificates, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<AgentLinks> log)
{
    private static readonly TimeSpan HelloLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, AgentLink> _links = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private int _open;

    /// <summary>Connections, whether their agents have said hello or not.</summary>
    public int Open => Volatile.Read(ref _open);

    public IReadOnlyCollection<AgentLink> Current => [.. _links.Values];

    public AgentLink? Find(string node) => _links.GetValueOrDefault(node);

    /// <summary>Serves a link until it ends. Its end, whichever, is no failure.</summary>
    public async Task RunAsync(WebSocket webSocket, EnrolledNode node, IPAddress remote)
    {
        var identity = new NodeIdentity(node.Name, node.Addresses.Count > 0 ? node.Addresses : [remote]);
        using var socket = new LinkSocket(webSocket);
        using var link = new AgentLink(socket, identity, node.EnrolledAt, clock);
        await using var stopping = lifetime.ApplicationStopping.Register(() => _ = link.EndAsync("The broker is stopping.", final: false, WebSocketCloseStatus.EndpointUnavailable));
        Interlocked.Increment(ref _open);

        try
        {
            await ServeAsync(link, remote);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            log.LinkEnded(identity.Name, remote, link.Farewell ?? e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _links.TryRemove(new KeyValuePair<string, AgentLink>(identity.Name, link));
            await link.LeaveAsync();
        }
    }

    /// <summary>Ends the node's link, if there is one, until a person acts.</summary>
    public void End(string node, string reason)
    {
        if (_links.TryGetValue(node, out var link))
        {
            _ = link.EndAsync(reason, final: true);
        }
    }

    private async Task ServeAsync(AgentLink link, IPAddress remote)
    {
        try
        {
            link.LeaveAfter(HelloLimit);
            var hello = await link.ReceiveAsync();
            link.LeaveAfter(Timeout.InfiniteTimeSpan);

            if (hello is not null)
            {
                Greet(link, hello);
                log.LinkOpened(link.Node.Name, remote, link.Epoch);
            }

            while (await link.ReceiveAsync() is { } message)
            {
                await HandleAsync(link, message);
            }

            log.LinkEnded(link.Node.Name, remote, link.Farewell ?? "the agent left");
        }
        catch (LinkException e)
        {
            log.LinkRefused(link.Node.Name, remote, e.Message);
            await link.EndAsync(e.Message, e.Final, e.Status);
            await link.DrainAsync();
        }
    }

    private void Greet(AgentLink link, LinkMessage message)
    {
        var name = link.Node.Name;

        if (message is not Hello { Epoch: > 0 } hello)
        {
            throw new LinkException("The first message must be a hello with an epoch.");
        }

        if (!string.Equals(hello.Node, name, StringComparison.Ordinal))
        {
            throw new LinkException($"The certificate is that of {name}, and the hello names another node.", final: true);
        }

        link.Epoch = hello.Epoch;
        Replace(TakeOver(link), link);
    }

    private AgentLink? TakeOver(AgentLink link)
    {
        var name = link.Node.Name;

        try
        {
            if (!nodes.TakeEpoch(name, link.Epoch, link.EnrolledAt))
            {
                throw Superseded(name);
            }
        }
        catch (StoreException e)
        {
            log.StoreFailedForLink(name, e.Message);
            throw new LinkException("The broker's store is not available.", status: WebSocketCloseStatus.InternalServerError);
        }

        lock (_gate)
        {
            var older = _links.GetValueOrDefault(name);

            if (older?.Epoch > link.Epoch)
            {
                throw Superseded(name);
            }

            _links[name] = link;
            return older;
        }
    }

    // The older link's reports end before the newer one's first.
    private static void Replace(AgentLink? older, AgentLink link)
    {
        older?.Retire();
        _ = older?.Epoch == link.Epoch
            ? older.EndAsync("The agent came back by another connection.", final: false)
            : older?.EndAsync(Superseded(link.Node.Name).Message, final: true);
    }

    private static LinkException Superseded(string name) => new($"Another agent, started later, speaks for node {name}.", final: true);

    private async Task HandleAsync(AgentLink link, LinkMessage message)
    {
        switch (message)
        {
            case Report { Node: { } report }:
                await link.TakeAsync(report, directory.Apply, certificates.PlanOf);
                break;

            case LinkAnswer answer:
                link.Answer(answer);
                break;

            default:
                throw new LinkException($"An agent does not send {message.GetType().Name} here.");
        }
    }
}
