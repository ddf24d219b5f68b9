using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Consoles.Common.Rfb;

/// <summary>Writes the messages of the RFB handshakes: the mirror of <see cref="RfbReader"/>.</summary>
internal ref struct RfbWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    public int Written { get; private set; }

    public void WriteVersion() => Write("RFB 003.008\n"u8);

    public void WriteSecurityTypes(ReadOnlySpan<RfbSecurityType> offered)
    {
        WriteByte(checked((byte)offered.Length));
        Write(MemoryMarshal.AsBytes(offered));
    }

    /// <summary>That there is no security type for this client, and why (section 7.1.2).</summary>
    /// <param name="client">What the client speaks: one of 3.3 is told of the type in four bytes.</param>
    public void WriteNoSecurityType(Version client, string reason)
    {
        if (client < new Version(3, 7))
        {
            WriteUInt32(0);
        }
        else
        {
            WriteByte(0);
        }

        WriteText(reason);
    }

    public void WriteSecurityType(RfbSecurityType chosen) => WriteByte((byte)chosen);

    /// <summary>VeNCrypt 0.2, the only version in use.</summary>
    public void WriteVeNCryptVersion() => Write([0, 2]);

    public void WriteVeNCryptVersionAccepted(bool accepted) => WriteByte(accepted ? (byte)0 : (byte)1);

    public void WriteVeNCryptSubtypes(ReadOnlySpan<VeNCryptSubtype> offered)
    {
        WriteByte(checked((byte)offered.Length));

        foreach (var subtype in offered)
        {
            WriteVeNCryptSubtype(subtype);
        }
    }

    public void WriteVeNCryptSubtype(VeNCryptSubtype chosen) => WriteUInt32((uint)chosen);

    public void WriteVeNCryptSubtypeAccepted(bool accepted) => WriteByte(accepted ? (byte)1 : (byte)0);

    public void WriteChallenge(ReadOnlySpan<byte> challenge) => Write(challenge);

    public void WriteSecurityResult(string? refusal)
    {
        WriteUInt32(refusal is null ? 0u : 1u);

        if (refusal is not null)
        {
            WriteText(refusal);
        }
    }

    public void WriteClientInit(bool shared) => WriteByte(shared ? (byte)1 : (byte)0);

    public void WriteServerInit(RfbServerInit init)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Take(sizeof(ushort)), init.Width);
        BinaryPrimitives.WriteUInt16BigEndian(Take(sizeof(ushort)), init.Height);
        Write(init.PixelFormat.AsSpan());
        WriteText(init.Name);
    }

    private void WriteText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteUInt32((uint)length);
        Encoding.UTF8.GetBytes(text, Take(length));
    }

    private void WriteByte(byte value) => Take(1)[0] = value;

    private void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    private void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    private Span<byte> Take(int count)
    {
        var taken = _buffer.Slice(Written, count);
        Written += count;
        return taken;
    }
}
