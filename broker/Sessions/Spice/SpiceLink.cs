using System.Buffers.Binary;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>Reads and writes the two messages of SPICE's link stage: a header of 16 bytes that announces the length of the rest, little-endian throughout.</summary>
/// <remarks>Every length and count is checked before anything is set aside for it (CVE-2013-4282, CVE-2018-10873). What no peer may send throws <see cref="SpiceException"/>.</remarks>
internal static class SpiceLink
{
    public const int HeaderLength = 16;

    /// <summary>spice-server takes no longer ones either.</summary>
    public const int MaxLength = 4096;

    /// <summary>RSA of 1024 bits as SubjectPublicKeyInfo.</summary>
    public const int PublicKeyLength = 162;

    /// <summary>What RSA of 1024 bits makes of a ticket.</summary>
    public const int TicketLength = 128;

    private const uint Major = 2;
    private const uint Minor = 2;

    // Connection id, type, id, two counts, offset.
    private const int MessageLength = 18;

    // Error, key, two counts, offset.
    private const int ReplyLength = 4 + PublicKeyLength + 12;

    private static ReadOnlySpan<byte> Magic => "REDQ"u8;

    /// <summary>How long the message is that follows this header.</summary>
    public static int ReadHeader(ReadOnlySpan<byte> header, string peer)
    {
        if (!header[..4].SequenceEqual(Magic))
        {
            throw new SpiceException($"{peer} does not speak SPICE: it began with 0x{Convert.ToHexStringLower(header[..4])} instead of REDQ.");
        }

        var major = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);

        // Minor versions only add.
        if (major != Major)
        {
            throw new SpiceException($"{peer} speaks SPICE {major}.{BinaryPrimitives.ReadUInt32LittleEndian(header[8..])}; {Major}.{Minor} is spoken here.");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        return length <= MaxLength ? (int)length : throw new SpiceException($"{peer} announced a link message of {length} bytes; {MaxLength} is the limit.");
    }

    public static SpiceLinkMessage ReadMessage(ReadOnlySpan<byte> body, string peer)
    {
        if (body.Length < MessageLength)
        {
            throw TooShort(body, MessageLength, peer);
        }

        var (common, own) = ReadCapabilities(body, MessageLength, peer);
        return new SpiceLinkMessage(BinaryPrimitives.ReadUInt32LittleEndian(body), (SpiceChannelType)body[4], body[5], common, own);
    }

    public static SpiceLinkReply ReadReply(ReadOnlySpan<byte> body, string peer)
    {
        if (body.Length < ReplyLength)
        {
            throw TooShort(body, ReplyLength, peer);
        }

        var error = (SpiceLinkError)BinaryPrimitives.ReadUInt32LittleEndian(body);

        // The rest of a refusal is not filled in.
        if (error != SpiceLinkError.Ok)
        {
            return new SpiceLinkReply(error, ReadOnlyMemory<byte>.Empty, SpiceCapabilities.None, SpiceCapabilities.None);
        }

        var (common, own) = ReadCapabilities(body, ReplyLength, peer);
        return new SpiceLinkReply(error, body.Slice(4, PublicKeyLength).ToArray(), common, own);
    }

    public static byte[] Write(SpiceLinkMessage message)
    {
        var bytes = Begin(MessageLength, message.Common, message.Own);
        var body = bytes.AsSpan(HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(body, message.ConnectionId);
        body[4] = (byte)message.Type;
        body[5] = message.Id;
        return bytes;
    }

    public static byte[] Write(SpiceLinkReply reply)
    {
        var bytes = Begin(ReplyLength, reply.Common, reply.Own);
        var body = bytes.AsSpan(HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)reply.Error);
        reply.PublicKey.Span.CopyTo(body.Slice(4, PublicKeyLength));
        return bytes;
    }

    // In both messages the last of the fixed part are the counts of both sorts and where they begin, counted from after the header.
    private static (SpiceCapabilities Common, SpiceCapabilities Own) ReadCapabilities(ReadOnlySpan<byte> body, int fixedLength, string peer)
    {
        var counts = body[(fixedLength - 12)..];
        var common = BinaryPrimitives.ReadUInt32LittleEndian(counts);
        var own = BinaryPrimitives.ReadUInt32LittleEndian(counts[4..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(counts[8..]);

        if (common > SpiceCapabilities.MaxWords || own > SpiceCapabilities.MaxWords)
        {
            throw new SpiceException($"{peer} announced {Math.Max(common, own)} words of abilities; {SpiceCapabilities.MaxWords} is the limit.");
        }

        var length = (int)(common + own) * sizeof(uint);

        if (offset < fixedLength || offset > body.Length - length)
        {
            throw new SpiceException($"{peer} placed {length} bytes of abilities at byte {offset} of a link message of {body.Length} bytes.");
        }

        var words = body.Slice((int)offset, length);
        var split = (int)common * sizeof(uint);
        return (SpiceCapabilities.Read(words[..split]), SpiceCapabilities.Read(words[split..]));
    }

    private static byte[] Begin(int fixedLength, SpiceCapabilities common, SpiceCapabilities own)
    {
        var length = fixedLength + ((common.Words + own.Words) * sizeof(uint));
        var bytes = new byte[HeaderLength + length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Major);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Minor);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)length);

        var body = bytes.AsSpan(HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(fixedLength - 12)..], (uint)common.Words);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(fixedLength - 8)..], (uint)own.Words);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(fixedLength - 4)..], (uint)fixedLength);
        common.Write(body[fixedLength..]);
        own.Write(body[(fixedLength + (common.Words * sizeof(uint)))..]);
        return bytes;
    }

    private static SpiceException TooShort(ReadOnlySpan<byte> body, int wanted, string peer) =>
        new($"{peer} sent a link message of {body.Length} bytes, of which the fixed part alone has {wanted}.");
}
