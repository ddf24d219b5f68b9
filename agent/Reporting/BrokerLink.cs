using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Consoles.Common.Link;

namespace Consoles.Agent.Reporting;

/// <summary>One standing connection to a broker: <see cref="LinkMessage"/>s both ways.</summary>
internal sealed class BrokerLink(WebSocket socket, string broker, IDisposable handler) : IAsyncDisposable
{
    // A broker says little: a reason, an incarnation.
    private const int MaxFromBroker = 64 * 1024;
    private const int ReadSize = 4 * 1024;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>Its host and port, for people.</summary>
    public string Broker { get; } = broker;

    /// <summary>Sends one message; any thread may.</summary>
    /// <exception cref="LinkException">The link is broken, or the message is larger than the broker takes.</exception>
    public async Task SendAsync(LinkMessage message, CancellationToken cancellationToken)
    {
        var frame = JsonSerializer.SerializeToUtf8Bytes(message, LinkJson.Default.LinkMessage);

        if (frame.Length > LinkMessage.MaxBytes)
        {
            throw new LinkException($"The report of this node takes {frame.Length} bytes, and {LinkMessage.MaxBytes} is the limit.", personMustAct: true);
        }

        await _sending.WaitAsync(cancellationToken);

        try
        {
            await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw new LinkException($"The link to {Broker} broke while sending: {e.Message}", inner: e);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <returns>The next message, or null when the broker closed the link in order.</returns>
    /// <exception cref="LinkException">The link broke, or what came is no message.</exception>
    public async Task<LinkMessage?> ReceiveAsync(CancellationToken cancellationToken)
    {
        var received = new ArrayBufferWriter<byte>(ReadSize);

        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(received.GetMemory(ReadSize), cancellationToken);

                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                received.Advance(read.Count);

                if (read.MessageType != WebSocketMessageType.Text || received.WrittenCount > MaxFromBroker)
                {
                    throw new LinkException(
                        $"The broker at {Broker} broke the protocol: a {read.MessageType} message of at least {received.WrittenCount} bytes.");
                }

                if (read.EndOfMessage)
                {
                    return JsonSerializer.Deserialize(received.WrittenSpan, LinkJson.Default.LinkMessage)
                        ?? throw new JsonException("null is no message");
                }
            }
        }
        catch (JsonException e)
        {
            throw new LinkException($"The broker at {Broker} sent what this agent cannot read: {e.Message}", inner: e);
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw new LinkException($"The link to {Broker} broke: {e.Message}", inner: e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Farewell);

        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, patience.Token);
            }
        }
        catch (Exception e) when (IsBroken(e) || e is OperationCanceledException)
        {
            socket.Abort();
        }

        socket.Dispose();
        handler.Dispose();
        _sending.Dispose();
    }

    private static bool IsBroken(Exception e) => e is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException;
}
