using System.Buffers;
using Consoles.Common.Relaying;
using Microsoft.AspNetCore.Connections;

namespace Consoles.Broker.Sessions;

/// <summary>The bytes of a client's connection that is no HTTP server's. What is written is on its way when the write returns, so there is nothing to flush.</summary>
internal sealed class ConnectionStream(ConnectionContext connection) : DuplexStream
{
    // Who takes nothing for so long is not there any more, or means harm.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(60);

    private int _writing;
    private int _left;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await connection.Transport.Input.ReadAsync(cancellationToken);

            // Of no bytes it is asked whether there are any: they stay, and the next read is told of them at once.
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
            taken.CopyTo(buffer.Span);
            connection.Transport.Input.AdvanceTo(taken.End);
            return (int)taken.Length;
        }
        catch (Exception e) when (e is ConnectionAbortedException or InvalidOperationException)
        {
            throw Broke(e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writing);

        try
        {
            var writing = connection.Transport.Output.WriteAsync(buffer, cancellationToken);
            var written = writing.IsCompleted ? await writing : await writing.AsTask().WaitAsync(LongestWrite, cancellationToken);

            if (written.IsCompleted)
            {
                throw Broke(inner: null);
            }
        }
        catch (TimeoutException e)
        {
            connection.Abort();
            throw Broke(e);
        }
        catch (Exception e) when (e is ConnectionAbortedException or InvalidOperationException)
        {
            throw Broke(e);
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends the connection: a pending read ends, and what was written still goes out, for as long as <paramref name="limit"/>. Later calls do nothing.</summary>
    public void Leave(TimeSpan limit, TimeProvider clock)
    {
        if (Interlocked.Exchange(ref _left, 1) != 0)
        {
            return;
        }

        connection.Transport.Input.CancelPendingRead();

        if (Volatile.Read(ref _writing) > 0)
        {
            // It does not read what it is sent.
            connection.Abort();
            return;
        }

        connection.Transport.Output.Complete();
        _ = AbortAsync(limit, clock);
    }

    private async Task AbortAsync(TimeSpan limit, TimeProvider clock)
    {
        // Also where the client has said its last word: it may still not read what it is sent.
        await Task.Delay(limit, clock, CancellationToken.None);
        connection.Abort();
    }

    private static IOException Broke(Exception? inner) => new("The client's connection broke.", inner);
}
