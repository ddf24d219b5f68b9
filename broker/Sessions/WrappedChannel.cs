namespace Consoles.Broker.Sessions;

/// <summary>A viewer's channel with something put before it: what is not overridden goes through as it is.</summary>
internal abstract class WrappedChannel(ViewerChannel inner) : ViewerChannel
{
    public override bool AwaitsAdmission => inner.AwaitsAdmission;

    public override FrameFault? Fault => inner.Fault;

    public override TimeSpan Silence => inner.Silence;

    protected ViewerChannel Inner => inner;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task CloseAsync(SessionEnding ending) => inner.CloseAsync(ending);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
