using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>The guest's main channel: first what was read to find out who the guest is, then the rest. Knows whether it has ended.</summary>
/// <param name="read">Whole messages that the viewer is to have too.</param>
internal sealed class SpiceMainStream(Stream guest, ReadOnlyMemory<byte> read) : WrappedStream(guest)
{
    private ReadOnlyMemory<byte> _read = read;
    private volatile bool _ended;

    /// <summary>True once QEMU has closed it, or it was let go. While it is false, the QEMU process that was proved still runs.</summary>
    public bool Ended => _ended;

    /// <summary>Before anything is read: these messages come after the others.</summary>
    public void Append(ReadOnlyMemory<byte> messages) => _read = new ReadOnlyMemory<byte>([.. _read.Span, .. messages.Span]);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_read.IsEmpty)
        {
            var length = Math.Min(buffer.Length, _read.Length);
            _read[..length].CopyTo(buffer);
            _read = _read[length..];
            return length;
        }

        try
        {
            var received = await Inner.ReadAsync(buffer, cancellationToken);
            _ended |= received == 0 && buffer.Length > 0;
            return received;
        }
        catch
        {
            _ended = true;
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _ended = true;
        return base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        _ended = true;
        base.Dispose(disposing);
    }
}
