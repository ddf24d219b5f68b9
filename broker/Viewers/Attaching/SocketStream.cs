using System.Net.WebSockets;
using Consoles.Common.Relaying;

namespace Consoles.Broker.Viewers.Attaching;

/// <summary>The broker's WebSocket, from the viewer's side, as a stream. When it ends it knows what the broker said.</summary>
internal sealed class SocketStream(ClientWebSocket socket) : DuplexStream
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    /// <summary>Why the broker closed it, in words; null while it has not, or said nothing.</summary>
    public string? Reason => socket.CloseStatusDescription is { Length: > 0 } reason ? reason : null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(buffer, cancellationToken);

                if (read.Count > 0 || read.MessageType == WebSocketMessageType.Close)
                {
                    return read.Count;
                }
            }
        }
        catch (WebSocketException e)
        {
            throw new IOException($"The connection to the broker broke: {e.Message}", e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException($"The connection to the broker broke: {e.Message}", e);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(CloseLimit);

        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, limit.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // It is gone already.
        }

        socket.Dispose();
        await base.DisposeAsync();
    }
}
