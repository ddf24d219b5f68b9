using Consoles.Broker.Sessions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>A client of nova-xvpvncproxy: it is answered 200 when its guest is there, and from then on its bytes are RFB.</summary>
internal sealed class XvpChannel(ConnectionStream connection, TimeSpan closeLimit, TimeProvider clock) : ViewerChannel
{
    // A client that has said its last word may still want the rest of the guest's.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastReceived = clock.GetTimestamp();
    private long _lastSent = clock.GetTimestamp();
    private int _answered;

    public override FrameFault? Fault => null;

    public override TimeSpan Silence => clock.GetElapsedTime(Volatile.Read(ref _lastReceived));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await connection.ReadAsync(buffer, cancellationToken);

        if (count > 0)
        {
            Volatile.Write(ref _lastReceived, clock.GetTimestamp());
        }
        else if (!buffer.IsEmpty)
        {
            await UntilQuietAsync();
        }

        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _answered, 1) == 0)
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), cancellationToken);
        }

        await connection.WriteAsync(buffer, cancellationToken);
        Volatile.Write(ref _lastSent, clock.GetTimestamp());
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async Task CloseAsync(SessionEnding ending)
    {
        // Before the answer the client can be told, in the one way that it knows, that there is no guest for it.
        if (Interlocked.Exchange(ref _answered, 1) == 0)
        {
            try
            {
                using var limit = new CancellationTokenSource(closeLimit, clock);
                await connection.WriteAsync(RawAnswer.OfFault(StatusCodes.Status400BadRequest), limit.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // It is gone, or does not read.
            }
        }

        _closed.TrySetResult();
        connection.Leave(closeLimit, clock);
    }

    private async Task UntilQuietAsync()
    {
        var began = clock.GetTimestamp();
        Volatile.Write(ref _lastSent, began);

        while (!_closed.Task.IsCompleted && clock.GetElapsedTime(Volatile.Read(ref _lastSent)) is var quiet && quiet < Quiet && clock.GetElapsedTime(began) < Longest)
        {
            await Task.WhenAny(_closed.Task, Task.Delay(Quiet - quiet, clock));
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _closed.TrySetResult();
            connection.Leave(closeLimit, clock);
        }

        base.Dispose(disposing);
    }
}
