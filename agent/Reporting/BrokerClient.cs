using System.Net;
using System.Net.WebSockets;
using Consoles.Agent.Identity;
using Consoles.Common.Link;
using Consoles.Common.Tls;

namespace Consoles.Agent.Reporting;

/// <summary>Dials the broker: TLS with certificates checked both ways, then a WebSocket.</summary>
internal static class BrokerClient
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // The agent notices a silent broker by its missing answers; this keeps what stands between them from forgetting the connection.
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(15);

    /// <exception cref="LinkException">There is no link: the message says why.</exception>
    public static async Task<BrokerLink> ConnectAsync(AgentIdentity identity, CancellationToken cancellationToken)
    {
        string? fault = null;
        var broker = identity.Broker.Authority;
        var handler = BrokerHttp.Handler(PeerTls.ClientOptions(identity.Trust, [identity.Broker.IdnHost], identity.Tls, words => fault = words));
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Deadline);

        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = KeepAliveInterval;
        socket.Options.KeepAliveTimeout = KeepAliveTimeout;
        socket.Options.CollectHttpResponseDetails = true;

        try
        {
            var address = new UriBuilder(identity.Broker) { Scheme = Uri.UriSchemeWss, Path = LinkPaths.Link }.Uri;
            await socket.ConnectAsync(address, invoker, patience.Token);
            return new BrokerLink(socket, broker, handler);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            handler.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw Translate(e, broker, fault, status);
        }
    }

    private static LinkException Translate(Exception e, string broker, string? fault, HttpStatusCode status) => (fault, status) switch
    {
        (not null, _) => new LinkException(
            $"What answers at {broker} is not the broker that this node was enrolled at. {fault}", personMustAct: true, inner: e),
        (_, HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) => new LinkException(
            $"The broker at {broker} does not accept this node's certificate (HTTP {(int)status}). If the node was removed there, invite it and enrol again with --force.",
            personMustAct: true,
            inner: e),
        (_, { } other) when other != default => new LinkException($"The broker at {broker} answered HTTP {(int)status} instead of opening the link.", inner: e),
        _ when e is OperationCanceledException => new LinkException($"The broker at {broker} did not answer within {Deadline.TotalSeconds:0} s.", inner: e),
        _ => new LinkException($"The broker at {broker} is not reachable: {e.GetBaseException().Message}", inner: e),
    };
}
