using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Consoles.Tests.Fakes;

/// <summary>One agent's connection to a <see cref="FakeBroker"/>.</summary>
internal sealed class FakeLink(WebSocket socket, HttpContext context, FakeBroker broker)
{
    private readonly SemaphoreSlim _sending = new(1, 1);

    // Of the connection, since the request's own features are gone once it has ended.
    private readonly IConnectionLifetimeFeature _connection = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>();
    private readonly CancellationToken _aborted = context.RequestAborted;

    /// <summary>All that the agent said, in order.</summary>
    public ConcurrentQueue<LinkMessage> Received { get; } = new();

    public IEnumerable<NodeReport> Reports => Received.OfType<Report>().Select(report => report.Node);

    public string? ClientSerial { get; } = context.Connection.ClientCertificate?.SerialNumber;

    public bool Ended { get; private set; }

    public async Task SayAsync(LinkMessage message)
    {
        await _sending.WaitAsync();

        try
        {
            var frame = JsonSerializer.SerializeToUtf8Bytes(message, LinkJson.Default.LinkMessage);
            await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends what no broker may; the agent is free to hang up in the middle of it.</summary>
    public async Task SayBytesAsync(WebSocketMessageType type, byte[] bytes)
    {
        try
        {
            await socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            Abort();
        }
    }

    public Task CloseAsync() => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

    public void Abort() => _connection.Abort();

    internal async Task RunAsync()
    {
        var buffer = new byte[LinkMessage.MaxBytes];

        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult read;

                do
                {
                    read = await socket.ReceiveAsync(buffer.AsMemory(length), _aborted);
                    length += read.Count;
                }
                while (!read.EndOfMessage);

                if (read.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                var message = JsonSerializer.Deserialize(buffer.AsSpan(0, length), LinkJson.Default.LinkMessage)!;
                Received.Enqueue(message);

                var answer = message switch
                {
                    Hello hello => broker.OnHello(hello),
                    Report report => broker.OnReport(this, report),
                    _ => null,
                };

                if (answer is not null)
                {
                    await SayAsync(answer);
                }

                if (answer is Refused)
                {
                    await CloseAsync();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The agent, or the test, ended the connection.
        }

        Ended = true;
    }
}
