using System.Globalization;
using System.Text;
using Consoles.Broker.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using SessionOptions = Consoles.Broker.Sessions.SessionOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Tells Flash, which WebSockets were made of in 2011, that it may connect to the proxy's port. Off unless asked for: no browser has it any more.</summary>
internal sealed class FlashPolicy(IOptions<NovaOptions> nova, IOptions<SessionOptions> options, TimeProvider clock)
{
    public const string Name = "flash policy";

    private static readonly byte[] Request = "<policy-file-request/>"u8.ToArray();

    public async Task ServeAsync(ConnectionContext connection)
    {
        var stream = new ConnectionStream(connection);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(ProxyListeners.StepLimit);
        var asked = new byte[Request.Length];

        try
        {
            if (await stream.ReadAtLeastAsync(asked, asked.Length, throwOnEndOfStream: false, limit.Token) == asked.Length && asked.AsSpan().SequenceEqual(Request))
            {
                var port = nova.Value.VncProxy2011.Port.ToString(CultureInfo.InvariantCulture);
                var policy = $"<?xml version=\"1.0\"?><cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"{port}\"/></cross-domain-policy>\0";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(policy), limit.Token);
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException)
        {
            // The client left, or said nothing.
        }
        finally
        {
            stream.Leave(options.Value.CloseLimit, clock);
        }
    }
}
