using System.Buffers.Binary;

namespace Consoles.Common.Serial;

/// <summary>A frame of a shared serial line on the wire.</summary>
/// <param name="Payload">Valid until the reader reads on.</param>
public readonly record struct SerialFrame(SerialFrameType Type, ReadOnlyMemory<byte> Payload)
{
    public const int HeaderSize = 3;

    /// <summary>More than a screen, less than what one slow viewer could be kept waiting for.</summary>
    public const int MaxPayload = 16 * 1024;

    /// <summary>Writes the header of a frame, whose payload follows.</summary>
    public static void WriteHeader(Span<byte> destination, SerialFrameType type, int payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload, MaxPayload);
        destination[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)payload);
    }

    /// <summary>The whole frame.</summary>
    public static byte[] Encode(SerialFrameType type, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderSize + payload.Length];
        WriteHeader(frame, type, payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderSize));
        return frame;
    }
}

/// <summary>Reads frames from a stream, one after the other, into one buffer.</summary>
public sealed class SerialFrameReader(Stream stream)
{
    private readonly byte[] _header = new byte[SerialFrame.HeaderSize];
    private readonly byte[] _payload = new byte[SerialFrame.MaxPayload];

    /// <returns>The next frame, or null at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">A frame is larger than any may be.</exception>
    /// <exception cref="EndOfStreamException">The stream ended within a frame.</exception>
    public async ValueTask<SerialFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await stream.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken);

        if (read == 0)
        {
            return null;
        }

        if (read < _header.Length)
        {
            throw new EndOfStreamException("The stream ended within a frame's header.");
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(1));

        if (length > SerialFrame.MaxPayload)
        {
            throw new InvalidDataException($"A frame of {length} bytes was announced; {SerialFrame.MaxPayload} is the limit.");
        }

        var payload = _payload.AsMemory(0, length);
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return new SerialFrame((SerialFrameType)_header[0], payload);
    }
}
