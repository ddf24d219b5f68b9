using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Link messages over a WebSocket. One reader; any number of writers.</summary>
internal sealed class LinkSocket(WebSocket socket) : IDisposable
{
    // Larger than every message but a report.
    private const int FirstBuffer = 4 * 1024;

    // An agent that reads nothing for so long is gone, or as good as gone.
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <returns>The next message, or null when the agent ended the link.</returns>
    /// <exception cref="LinkException">It is too large, or no message.</exception>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async Task<LinkMessage?> ReceiveAsync(CancellationToken cancellationToken)
    {
        // Waiting takes no buffer.
        var begin = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);

        if (begin.MessageType == WebSocketMessageType.Close)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);

        try
        {
            var length = 0;

            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                length += received.Count;

                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                if (received.MessageType != WebSocketMessageType.Text)
                {
                    throw new LinkException("The link carries text frames, and a binary one came.", status: WebSocketCloseStatus.InvalidMessageType);
                }

                if (length > LinkMessage.MaxBytes)
                {
                    throw new LinkException($"A message is larger than {LinkMessage.MaxBytes} bytes.", status: WebSocketCloseStatus.MessageTooBig);
                }

                if (received.EndOfMessage)
                {
                    return Parse(buffer.AsSpan(0, length));
                }

                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }
            }
        }
        finally
        {
            // It may have held a console's password.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <exception cref="WebSocketException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The agent does not read.</exception>
    public async Task SendAsync(LinkMessage message, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SendLimit);
        await _sending.WaitAsync(limit.Token);

        try
        {
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, LinkJson.Default.LinkMessage), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says the last word. The agent's answer to it arrives as the end of <see cref="ReceiveAsync"/>.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);

        try
        {
            await socket.CloseOutputAsync(status, statusDescription: null, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Reads on, for nothing, until the agent has ended its side too: what it is still sending must not make the last word be lost.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[FirstBuffer];

        while ((await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        _sending.Dispose();
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return larger;
    }

    private static LinkMessage Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, LinkJson.Default.LinkMessage) ?? throw new LinkException("A message is null.");
        }
        catch (JsonException e)
        {
            // Its own message may quote what came, which may be a password.
            throw new LinkException($"A message is not one of the link's, at byte {e.BytePositionInLine ?? 0}.", status: WebSocketCloseStatus.InvalidPayloadData);
        }
    }
}
