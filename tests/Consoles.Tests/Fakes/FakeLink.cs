using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Http;

namespace Consoles.Tests.Fakes;

/// <summary>One agent's connection to a <see cref="FakeBroker"/>.</summary>
internal sealed class FakeLink(WebSocket socket, HttpContext context, FakeBroker broker)
{
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>All that the agent said, in order.</summary>
    public ConcurrentQueue<LinkMessage> Received { get; } = new();

    public IEnumerable<NodeReport> Reports => Received.OfType<Report>().Select(report => report.Node);

    public string? ClientSerial => context.Connection.ClientCertificate?.SerialNumber;

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

    public Task SayBytesAsync(WebSocketMessageType type, byte[] bytes) => socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None);

    public Task CloseAsync() => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

    public void Abort() => context.Abort();

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
                    read = await socket.ReceiveAsync(buffer.AsMemory(length), context.RequestAborted);
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
