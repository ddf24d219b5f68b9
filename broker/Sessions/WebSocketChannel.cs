using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace Consoles.Broker.Sessions;

/// <summary>A viewer's WebSocket as a stream: binary frames are its bytes, and their borders mean nothing.</summary>
/// <remarks>
/// No read or write takes notice of its cancellation token: cancelling would abort the socket, and the viewer would be told nothing.
/// Whoever wants to stop them calls <see cref="CloseAsync"/>, which makes a pending read end.
/// </remarks>
internal sealed class WebSocketChannel : ViewerChannel
{
    private readonly WebSocket _socket;
    private readonly FrameGuard _guard;
    private readonly WebSocketMessageType _frames;
    private readonly Action _abort;
    private readonly SessionOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private Task? _closing;
    private bool _ended;
    private long _lastReceived;

    /// <param name="connection">The connection after its upgrade.</param>
    /// <param name="abort">Tears the connection down at once. Disposing <paramref name="connection"/> leaves a read of it pending.</param>
    /// <param name="text">Its bytes are in text frames, which is for what is text.</param>
    public WebSocketChannel(Stream connection, Action abort, SessionOptions options, TimeProvider clock, bool text = false)
    {
        _frames = text ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        _abort = abort;
        _options = options;
        _clock = clock;
        _lastReceived = clock.GetTimestamp();
        _guard = new FrameGuard(connection, new FrameRules(clock, text), OnDisposed);

        // A timeout makes the runtime send pings and wait for their pongs. No deflate options: no compression.
        _socket = WebSocket.CreateFromStream(
            _guard, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = options.PingInterval, KeepAliveTimeout = options.PongLimit });
    }

    public override FrameFault? Fault => _guard.Fault;

    public override TimeSpan Silence => _clock.GetElapsedTime(Volatile.Read(ref _lastReceived));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_ended)
        {
            var received = await ReceiveAsync(buffer);

            if (received.MessageType == WebSocketMessageType.Close)
            {
                _ended = true;
                return 0;
            }

            // An empty frame is not the end of a stream.
            if (received.Count > 0 || buffer.IsEmpty)
            {
                Volatile.Write(ref _lastReceived, _clock.GetTimestamp());
                return received.Count;
            }
        }

        return 0;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _socket.SendAsync(buffer, _frames, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            throw new IOException("The viewer's connection broke.", error);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <remarks>Waits a little for the viewer's answer.</remarks>
    public override Task CloseAsync(SessionEnding ending)
    {
        lock (_gate)
        {
            return _closing ??= SayGoodbyeAsync(ending);
        }
    }

    private async Task SayGoodbyeAsync(SessionEnding ending)
    {
        // What waits for the lock of CloseAsync, or runs on a timer, is not to do our work.
        await Task.Yield();
        using var limit = new CancellationTokenSource(_options.CloseLimit, _clock);

        try
        {
            await _socket.CloseAsync((WebSocketCloseStatus)ending.Code, ending.FrameReason, limit.Token);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone, or does not read: nobody is there to be told.
            _socket.Abort();
        }
    }

    // The socket was aborted: by us, or because its pings were not answered.
    private void OnDisposed()
    {
        if (_socket.State == WebSocketState.Aborted)
        {
            _abort();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, CancellationToken.None);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            throw new IOException("The viewer's connection broke.", error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (_socket.State is not WebSocketState.Closed)
            {
                _socket.Abort();
            }

            _socket.Dispose();
        }

        base.Dispose(disposing);
    }
}
