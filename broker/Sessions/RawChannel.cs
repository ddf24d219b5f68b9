namespace Consoles.Broker.Sessions;

/// <summary>A viewer's connection whose bytes are the console's, with nothing around them: a native viewer cannot be told in words why it ends.</summary>
/// <param name="connection">The connection after whatever handshake let the viewer in.</param>
/// <param name="abort">Tears the connection down at once, whatever is pending.</param>
internal sealed class RawChannel(Stream connection, Action abort, TimeSpan closeLimit, TimeProvider clock) : ViewerChannel
{
    private readonly Lock _gate = new();
    private long _lastReceived = clock.GetTimestamp();
    private Task? _closing;

    public override FrameFault? Fault => null;

    public override TimeSpan Silence => clock.GetElapsedTime(Volatile.Read(ref _lastReceived));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await connection.ReadAsync(buffer, cancellationToken);
            Volatile.Write(ref _lastReceived, clock.GetTimestamp());
            return count;
        }
        catch (Exception error) when (error is ObjectDisposedException or InvalidOperationException)
        {
            throw Broke(error);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await connection.WriteAsync(buffer, cancellationToken);
            await connection.FlushAsync(cancellationToken);
        }
        catch (Exception error) when (error is ObjectDisposedException or InvalidOperationException)
        {
            throw Broke(error);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseAsync(SessionEnding ending)
    {
        lock (_gate)
        {
            return _closing ??= CloseAsync();
        }
    }

    // What was sent is let go out, for as long as the viewer may take; then nothing of the connection is left.
    private async Task CloseAsync()
    {
        await Task.Yield();
        using var limit = new CancellationTokenSource(closeLimit, clock);

        try
        {
            await connection.FlushAsync(limit.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone, or does not read.
        }

        abort();
    }

    // Closing pulls the connection away from under what is pending.
    private static IOException Broke(Exception error) => new("The viewer's connection broke.", error);
}
