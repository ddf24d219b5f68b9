using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Consoles.Common.Serial;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>A viewer's connection that can say break beside its bytes.</summary>
internal interface IBreaks
{
    /// <summary>Whether a break comes before whatever is read next; it is said once. A read that meets a break returns what came before it, which may be nothing.</summary>
    bool TakeBreak();
}

/// <summary>A viewer that knows nothing of a shared line's frames: what it sends is typed, and it is sent what the guest says.</summary>
/// <param name="viewer">Its connection, without any frames of a line.</param>
/// <param name="past">Send it also what the guest said before it came.</param>
/// <param name="notices">Write what a person should know into what it is sent, on lines of their own. A program would take them for the guest's words.</param>
internal sealed class SerialBytesChannel(ViewerChannel viewer, bool past, bool notices) : WrappedChannel(viewer)
{
    private readonly byte[] _header = new byte[SerialFrame.HeaderSize];
    private readonly MemoryStream _text = new();
    private ReadOnlyMemory<byte> _typed;
    private int _headerBytes;
    private int _payloadLeft;
    private SerialFrameType _type;
    private bool _detached;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Asked whether there is anything: what is typed is not cut into a byte each for that.
        if (buffer.IsEmpty)
        {
            return _typed.IsEmpty ? await Inner.ReadAsync(buffer, cancellationToken) : 0;
        }

        if (_typed.IsEmpty)
        {
            var typed = new byte[SerialFrame.HeaderSize + Math.Clamp(buffer.Length - SerialFrame.HeaderSize, 1, SerialFrame.MaxPayload)];
            var broke = TakeBreak();
            var count = broke ? 0 : await Inner.ReadAsync(typed.AsMemory(SerialFrame.HeaderSize), cancellationToken);

            if (count == 0 && !broke && !TakeBreak())
            {
                return 0;
            }

            SerialFrame.WriteHeader(typed, count == 0 ? SerialFrameType.Break : SerialFrameType.Input, count);
            _typed = typed.AsMemory(0, SerialFrame.HeaderSize + count);
        }

        var taken = Math.Min(_typed.Length, buffer.Length);
        _typed[..taken].CopyTo(buffer);
        _typed = _typed[taken..];
        return taken;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            if (_headerBytes < _header.Length)
            {
                var part = Math.Min(_header.Length - _headerBytes, buffer.Length);
                buffer[..part].CopyTo(_header.AsMemory(_headerBytes));
                _headerBytes += part;
                buffer = buffer[part..];

                if (_headerBytes == _header.Length)
                {
                    _type = (SerialFrameType)_header[0];
                    _payloadLeft = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(1));
                    await EndFrameIfDoneAsync(cancellationToken);
                }

                continue;
            }

            var payload = buffer[..Math.Min(_payloadLeft, buffer.Length)];
            buffer = buffer[payload.Length..];
            _payloadLeft -= payload.Length;

            if (_type == SerialFrameType.Data || (past && _type == SerialFrameType.Past))
            {
                await Inner.WriteAsync(payload, cancellationToken);
            }
            else if (notices && _type is SerialFrameType.Notice or SerialFrameType.State or SerialFrameType.Gap or SerialFrameType.Writer)
            {
                _text.Write(payload.Span);
            }

            await EndFrameIfDoneAsync(cancellationToken);
        }
    }

    private bool TakeBreak() => (Inner as IBreaks)?.TakeBreak() == true;

    private async ValueTask EndFrameIfDoneAsync(CancellationToken cancellationToken)
    {
        if (_payloadLeft > 0)
        {
            return;
        }

        _headerBytes = 0;

        if (_text.Length > 0)
        {
            var said = Say(_type, _text.ToArray());
            _text.SetLength(0);

            if (said is not null)
            {
                await Inner.WriteAsync(Encoding.UTF8.GetBytes($"\r\n[{said}]\r\n"), cancellationToken);
            }
        }
    }

    private string? Say(SerialFrameType type, byte[] payload)
    {
        if (type == SerialFrameType.Gap)
        {
            return $"{BinaryPrimitives.ReadUInt64BigEndian(payload)} bytes are left out here";
        }

        if (type == SerialFrameType.Notice)
        {
            return Plain(Encoding.UTF8.GetString(payload));
        }

        using var state = JsonDocument.Parse(payload);

        if (type == SerialFrameType.Writer)
        {
            return !state.RootElement.GetProperty("you").GetBoolean() && state.RootElement.GetProperty("writer").GetString() is { } writer
                ? Plain($"{writer} is typing on this console")
                : null;
        }

        var attached = state.RootElement.GetProperty("attached").GetBoolean();
        var news = attached == _detached;
        _detached = !attached;

        return !news ? null : attached ? "the guest's line is there again" : Plain(state.RootElement.GetProperty("reason").GetString() ?? "the guest's line is not there");
    }

    // A sentence may quote the guest, and a terminal obeys control characters.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
