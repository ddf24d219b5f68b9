using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions;

/// <summary>
/// Stands under a server's WebSocket and looks at the header of every frame before the WebSocket does.
/// </summary>
/// <remarks>
/// The WebSocket of the runtime takes frames of any length, and an exception from the stream under it costs it the
/// ability to send a close frame. So a frame that breaks the rules is not passed on, nor does reading fail: in its place
/// the WebSocket reads a close frame, which the channel answers with the code in <see cref="Fault"/>. After that
/// there is nothing more to read. Bytes pass through in the caller's buffer; only a header that arrives in pieces is copied.
/// </remarks>
/// <param name="inner">The connection.</param>
/// <param name="disposed">Told when the WebSocket lets go of the connection.</param>
internal sealed class FrameGuard(Stream inner, FrameRules rules, Action disposed) : WrappedStream(inner)
{
    // FIN and close; masked, without a payload; the mask.
    private static readonly byte[] EmptyCloseFrame = [0x88, 0x80, 0, 0, 0, 0];

    // Holds a header whose end has not arrived, and then the whole of it until it is read.
    private readonly byte[] _header = new byte[FrameHeader.MaxBytes];
    private int _gathered;
    private ReadOnlyMemory<byte> _ready;
    private ulong _payload;

    /// <summary>What the viewer did wrong, once it has; null before.</summary>
    public FrameFault? Fault { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_ready.IsEmpty)
        {
            return new(TakeReady(buffer));
        }

        // Nothing is read after a fault: what follows the close frame that stands for it has no meaning.
        if (Fault is not null)
        {
            return new(0);
        }

        return buffer.IsEmpty ? Inner.ReadAsync(buffer, cancellationToken) : ReadCheckedAsync(buffer, cancellationToken);
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadCheckedAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_gathered == 0)
        {
            var read = await Inner.ReadAsync(buffer, cancellationToken);
            var passed = Check(buffer.Span[..read]);

            if (passed > 0 || read == 0)
            {
                return passed;
            }

            if (!_ready.IsEmpty)
            {
                return TakeReady(buffer);
            }
        }

        do
        {
            var missing = FrameHeader.SizeOf(_header.AsSpan(0, _gathered)) - _gathered;
            var read = await Inner.ReadAsync(_header.AsMemory(_gathered, missing), cancellationToken);

            if (read == 0)
            {
                return 0;
            }

            _gathered += read;
        }
        while (_gathered < FrameHeader.SizeOf(_header.AsSpan(0, _gathered)));

        if (Accept(_header.AsSpan(0, _gathered)))
        {
            _ready = _header.AsMemory(0, _gathered);
        }

        _gathered = 0;
        return TakeReady(buffer);
    }

    /// <summary>Looks at every header that begins in these bytes, and returns how many of them may be passed on now.</summary>
    private int Check(ReadOnlySpan<byte> bytes)
    {
        var at = 0;

        while (true)
        {
            var payload = (int)Math.Min(_payload, (ulong)(bytes.Length - at));
            _payload -= (ulong)payload;
            at += payload;

            var rest = bytes[at..];

            if (rest.IsEmpty)
            {
                return at;
            }

            var size = FrameHeader.SizeOf(rest);

            if (rest.Length < size)
            {
                rest.CopyTo(_header);
                _gathered = rest.Length;
                return at;
            }

            if (!Accept(rest[..size]))
            {
                return at;
            }

            at += size;
        }
    }

    private bool Accept(ReadOnlySpan<byte> bytes)
    {
        var header = FrameHeader.Read(bytes);
        Fault = rules.Judge(header);

        if (Fault is not null)
        {
            _ready = EmptyCloseFrame;
            return false;
        }

        _payload = header.Payload;
        return true;
    }

    private int TakeReady(Memory<byte> buffer)
    {
        var taken = Math.Min(_ready.Length, buffer.Length);
        _ready[..taken].CopyTo(buffer);
        _ready = _ready[taken..];
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);

        if (disposing)
        {
            disposed();
        }
    }
}
