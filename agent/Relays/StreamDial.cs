using System.Net;
using System.Net.Http.Headers;
using Consoles.Agent.Identity;
using Consoles.Common.Link;
using Consoles.Common.Tls;

namespace Consoles.Agent.Relays;

/// <summary>Dials the broker back for one stream: TLS with certificates checked both ways, then an upgrade to plain bytes.</summary>
internal static class StreamDial
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <exception cref="IOException">There is no stream: the message says why, and holds no secret.</exception>
    public static async Task<Stream> ConnectAsync(AgentIdentity identity, string secret, CancellationToken cancellationToken)
    {
        string? fault = null;
        var handler = BrokerHttp.Handler(PeerTls.ClientOptions(identity.Trust, [identity.Broker.IdnHost], identity.Tls, words => fault = words));
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Deadline);

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(identity.Broker, LinkPaths.Stream)) { Version = HttpVersion.Version11 };
        request.Headers.Authorization = new AuthenticationHeaderValue(LinkPaths.StreamScheme, secret);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue(LinkPaths.StreamProtocol));

        try
        {
            var response = await invoker.SendAsync(request, patience.Token);

            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return new DialledStream(await response.Content.ReadAsStreamAsync(patience.Token), handler);
            }

            var body = await response.Content.ReadAsByteArrayAsync(patience.Token);
            response.Dispose();
            throw new IOException($"The broker at {identity.Broker.Authority} did not take the stream: {BrokerHttp.Reason(response.StatusCode, body)}");
        }
        catch (Exception e)
        {
            handler.Dispose();
            throw e switch
            {
                _ when cancellationToken.IsCancellationRequested => e,
                HttpRequestException => new IOException(fault ?? $"The broker at {identity.Broker.Authority} is not reachable: {e.GetBaseException().Message}", e),
                OperationCanceledException => new IOException($"The broker at {identity.Broker.Authority} did not answer within {Deadline.TotalSeconds:0} s.", e),
                _ => e,
            };
        }
    }
}
