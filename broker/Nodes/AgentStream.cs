using Consoles.Common.Relaying;

namespace Consoles.Broker.Nodes;

/// <summary>An upgraded connection of an agent. Its request lasts until this is disposed, which ends the connection and every pending read of it.</summary>
/// <param name="connection">The connection after its upgrade.</param>
/// <param name="abort">Tears it down. Disposing <paramref name="connection"/> alone leaves a read of it pending.</param>
internal sealed class AgentStream(Stream connection, Action abort) : DuplexStream
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _let;

    /// <summary>Completes when whoever uses the stream has let go of it.</summary>
    public Task Disposed => _disposed.Task;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => connection.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => connection.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        // The request may be over as soon as whoever serves it is told, and cannot be torn down after that.
        if (disposing && Interlocked.Exchange(ref _let, 1) == 0)
        {
            abort();
            _disposed.TrySetResult();
        }

        base.Dispose(disposing);
    }
}
