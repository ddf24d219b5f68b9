namespace Consoles.Agent.Relays;

/// <summary>Bytes that are all here already: they are sent, and that is the end.</summary>
internal sealed class OpenedBytes(byte[] bytes) : OpenedStream
{
    public override async Task ServeAsync(Stream broker, CancellationToken cancellationToken)
    {
        try
        {
            await broker.WriteAsync(bytes, cancellationToken);
            await broker.FlushAsync(cancellationToken);
        }
        catch (Exception left) when (left is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Whoever wanted it has left; the broker says so to whom it concerns.
            return;
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
