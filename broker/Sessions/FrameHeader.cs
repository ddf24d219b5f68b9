using System.Buffers.Binary;

namespace Consoles.Broker.Sessions;

/// <summary>The header of a WebSocket frame that a client sends (RFC 6455, section 5.2).</summary>
internal readonly record struct FrameHeader(bool Final, int Reserved, FrameKind Kind, bool Masked, ulong Payload)
{
    /// <summary>Two bytes, an eight-byte length and a mask.</summary>
    public const int MaxBytes = 14;

    /// <summary>How many bytes the header that begins with these has, as far as they tell.</summary>
    public static int SizeOf(ReadOnlySpan<byte> beginning) => beginning.Length < 2
        ? 2
        : 2 + (beginning[1] & 0x7f) switch { 126 => 2, 127 => 8, _ => 0 } + ((beginning[1] & 0x80) == 0 ? 0 : 4);

    /// <summary>Reads a header of which <see cref="SizeOf"/> bytes are there.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        Final: (bytes[0] & 0x80) != 0,
        Reserved: bytes[0] & 0x70,
        Kind: (FrameKind)(bytes[0] & 0x0f),
        Masked: (bytes[1] & 0x80) != 0,
        Payload: (bytes[1] & 0x7f) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            var length => (ulong)length,
        });
}

/// <summary>Opcodes of RFC 6455, section 5.2. All others are reserved.</summary>
internal enum FrameKind
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
