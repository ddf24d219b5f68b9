using System.Buffers;
using System.Buffers.Text;
using Consoles.Broker.Sessions;
using Consoles.Common.Relaying;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>A viewer of 2011: its WebSocket carries text, which is its bytes in base64.</summary>
internal sealed class Base64Channel(ViewerChannel inner) : WrappedChannel(inner)
{
    private const int Quad = 4;

    private readonly byte[] _text = new byte[16 * 1024];
    private readonly byte[] _bytes = new byte[16 * 1024 / Quad * 3];
    private int _held;
    private ReadOnlyMemory<byte> _ready;

    /// <exception cref="Base64Exception">The viewer sent something else.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return _ready.IsEmpty ? await Inner.ReadAsync(buffer, cancellationToken) : 0;
        }

        while (_ready.IsEmpty)
        {
            var got = await Inner.ReadAsync(_text.AsMemory(_held), cancellationToken);

            if (got == 0)
            {
                return 0;
            }

            Decode(_held + got);
        }

        var taken = Math.Min(buffer.Length, _ready.Length);
        _ready[..taken].CopyTo(buffer);
        _ready = _ready[taken..];
        return taken;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var text = ArrayPool<byte>.Shared.Rent(Base64.GetMaxEncodedToUtf8Length(buffer.Length));
        Base64.EncodeToUtf8(buffer.Span, text, out _, out var length);
        await Inner.WriteAsync(text.AsMemory(0, length), cancellationToken);
        ArrayPool<byte>.Shared.Return(text);
    }

    // By fours, since each frame may end with padding and the borders of frames are not seen here.
    private void Decode(int length)
    {
        var (read, written) = (0, 0);

        for (; length - read >= Quad; read += Quad)
        {
            if (Base64.DecodeFromUtf8(_text.AsSpan(read, Quad), _bytes.AsSpan(written), out var consumed, out var got) != OperationStatus.Done || consumed != Quad)
            {
                throw new Base64Exception("The viewer sent what is not base64.");
            }

            written += got;
        }

        _held = length - read;
        _text.AsSpan(read, _held).CopyTo(_text);
        _ready = _bytes.AsMemory(0, written);
    }
}

/// <summary>A viewer that was to send base64 did not.</summary>
internal sealed class Base64Exception(string message) : ProtocolException(message);
