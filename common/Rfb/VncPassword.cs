using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Consoles.Common.Rfb;

/// <summary>The answer to a VNC authentication challenge (RFC 6143, section 7.2.2).</summary>
internal static class VncPassword
{
    /// <summary>What DES has a key for. QEMU cuts off the rest and libvirt refuses it.</summary>
    public const int MaxLength = 8;

    /// <exception cref="RfbException">No VNC server can have this password.</exception>
    public static byte[] Answer(ReadOnlySpan<byte> challenge, string password)
    {
        Span<byte> padded = stackalloc byte[MaxLength];
        padded.Clear();

        // An empty password is how authentication was once switched off by accident (CVE-2011-0011): it is never sent.
        if (password.Length == 0 || Encoding.UTF8.GetByteCount(password) > MaxLength)
        {
            throw new RfbException($"A VNC password has 1 to {MaxLength} bytes; the one given has not.", fault: RfbFault.Refused);
        }

        Encoding.UTF8.GetBytes(password, padded);
        var key = MirrorEachByte(BinaryPrimitives.ReadUInt64BigEndian(padded));
        var answer = new byte[challenge.Length];

        for (var at = 0; at < challenge.Length; at += DesBlock.Length)
        {
            BinaryPrimitives.WriteUInt64BigEndian(
                answer.AsSpan(at), DesBlock.Encrypt(BinaryPrimitives.ReadUInt64BigEndian(challenge[at..]), key));
        }

        CryptographicOperations.ZeroMemory(padded);
        return answer;
    }

    // VNC counts the bits of each key byte from the other end (RFC 6143 errata 4951).
    private static ulong MirrorEachByte(ulong key)
    {
        var mirrored = 0ul;

        for (var bit = 0; bit < 64; bit++)
        {
            mirrored |= ((key >> bit) & 1) << ((bit & ~7) | (7 - (bit & 7)));
        }

        return mirrored;
    }
}
