using Consoles.Broker.Sessions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>A viewer's channel whose bytes are recorded in both directions.</summary>
internal sealed class RecordedChannel(ViewerChannel inner, SessionRecord record) : WrappedChannel(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await Inner.ReadAsync(buffer, cancellationToken);

        if (count > 0)
        {
            record.OfViewer(buffer.Span[..count]);
        }

        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        record.OfGuest(buffer.Span);
        return Inner.WriteAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            record.Dispose();
        }

        base.Dispose(disposing);
    }
}
