using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace Consoles.Common.Rfb;

/// <summary>Reads the messages of the RFB handshakes (RFC 6143, section 7.1 to 7.3; rfbproto, "VeNCrypt").</summary>
/// <remarks>
/// Each TryRead returns false while bytes are missing, has then consumed none of them, and says in <see cref="Missing"/> how many more
/// the message needs at the least. Bytes that no peer may send throw <see cref="RfbException"/>.
/// </remarks>
internal ref struct RfbReader(ReadOnlySpan<byte> received)
{
    // RFC 6143 bounds neither. Without a bound a hostile peer makes us buffer up to 4 GiB.
    public const int MaxReasonLength = 1024;
    public const int MaxNameLength = 1024;

    /// <summary>Of a user's name and of a password, each, in bytes.</summary>
    public const int MaxCredentialLength = 256;

    // QEMU offers one, other servers up to nine.
    public const int MaxSecurityTypes = 32;
    public const int MaxVeNCryptSubtypes = 32;

    public const int ChallengeLength = 16;
    public const int PixelFormatLength = 16;

    private const int VersionLength = 12;

    private readonly ReadOnlySpan<byte> _received = received;

    public int Consumed { get; private set; }

    public int Missing { get; private set; }

    /// <summary>"RFB xxx.yyy\n" (section 7.1.1).</summary>
    public bool TryReadVersion([NotNullWhen(true)] out Version? version)
    {
        version = null;

        if (!TryTake(VersionLength, out var text))
        {
            return false;
        }

        if (!text.StartsWith("RFB "u8) || text[7] != '.' || text[11] != '\n'
            || !int.TryParse(text[4..7], System.Globalization.NumberStyles.None, null, out var major)
            || !int.TryParse(text[8..11], System.Globalization.NumberStyles.None, null, out var minor))
        {
            throw new RfbException($"The peer does not speak RFB: it greets with \"{Printable(text)}\".");
        }

        version = new Version(major, minor);
        return true;
    }

    /// <summary>The list that a server opens the security handshake with (section 7.1.2).</summary>
    /// <exception cref="RfbException">The server offers none, and says why.</exception>
    public bool TryReadSecurityTypes([NotNullWhen(true)] out RfbSecurityType[]? offered)
    {
        var start = Consumed;
        offered = null;

        if (TryReadByte(out var count))
        {
            if (count == 0)
            {
                if (TryReadReason(out var reason))
                {
                    throw new RfbException($"The server offers no security type: {reason}", fault: RfbFault.Refused);
                }
            }
            else if (count > MaxSecurityTypes)
            {
                throw new RfbException($"The server announces {count} security types; {MaxSecurityTypes} is the limit.");
            }
            else if (TryTake(count, out var types))
            {
                offered = MemoryMarshal.Cast<byte, RfbSecurityType>(types).ToArray();
                return true;
            }
        }

        Consumed = start;
        return false;
    }

    /// <summary>The type that a client chose.</summary>
    public bool TryReadSecurityType(out RfbSecurityType chosen)
    {
        var ok = TryReadByte(out var value);
        chosen = (RfbSecurityType)value;
        return ok;
    }

    public bool TryReadVeNCryptVersion([NotNullWhen(true)] out Version? version)
    {
        version = TryTake(2, out var bytes) ? new Version(bytes[0], bytes[1]) : null;
        return version is not null;
    }

    /// <summary>The answer to the VeNCrypt version: 0 is yes.</summary>
    public bool TryReadVeNCryptVersionAccepted(out bool accepted)
    {
        var ok = TryReadByte(out var value);
        accepted = value == 0;
        return ok;
    }

    public bool TryReadVeNCryptSubtypes([NotNullWhen(true)] out VeNCryptSubtype[]? offered)
    {
        var start = Consumed;
        offered = null;

        if (TryReadByte(out var count))
        {
            if (count is 0 or > MaxVeNCryptSubtypes)
            {
                throw new RfbException($"The server announces {count} VeNCrypt subtypes; 1 to {MaxVeNCryptSubtypes} are allowed.");
            }

            if (TryTake(count * sizeof(uint), out var bytes))
            {
                offered = new VeNCryptSubtype[count];

                for (var i = 0; i < count; i++)
                {
                    offered[i] = (VeNCryptSubtype)BinaryPrimitives.ReadUInt32BigEndian(bytes[(i * sizeof(uint))..]);
                }

                return true;
            }
        }

        Consumed = start;
        return false;
    }

    /// <summary>The VeNCrypt subtype that a client chose.</summary>
    public bool TryReadVeNCryptSubtype(out VeNCryptSubtype chosen)
    {
        var ok = TryReadUInt32(out var value);
        chosen = (VeNCryptSubtype)value;
        return ok;
    }

    /// <summary>The answer to the VeNCrypt subtype, before TLS begins: 1 is yes, unlike the answer to the version.</summary>
    public bool TryReadVeNCryptSubtypeAccepted(out bool accepted)
    {
        var ok = TryReadByte(out var value);
        accepted = value == 1;
        return ok;
    }

    /// <summary>A VNC authentication challenge, or the response to it (section 7.2.2).</summary>
    public bool TryReadChallenge([NotNullWhen(true)] out byte[]? challenge)
    {
        challenge = TryTake(ChallengeLength, out var bytes) ? bytes.ToArray() : null;
        return challenge is not null;
    }

    /// <summary>The end of the security handshake (section 7.1.3): <paramref name="refusal"/> is null when all is well, else the server's reason.</summary>
    public bool TryReadSecurityResult(out string? refusal)
    {
        var start = Consumed;
        refusal = null;

        if (TryReadUInt32(out var result) && (result == 0 || TryReadReason(out refusal)))
        {
            return true;
        }

        Consumed = start;
        return false;
    }

    /// <summary>A client's wish to share the desktop (section 7.3.1): any value but 0.</summary>
    public bool TryReadClientInit(out bool shared)
    {
        var ok = TryReadByte(out var value);
        shared = value != 0;
        return ok;
    }

    public bool TryReadServerInit([NotNullWhen(true)] out RfbServerInit? init)
    {
        var start = Consumed;
        init = null;

        if (TryTake(4 + PixelFormatLength, out var head) && TryReadText("desktop name", MaxNameLength, out var name))
        {
            init = new RfbServerInit(
                BinaryPrimitives.ReadUInt16BigEndian(head),
                BinaryPrimitives.ReadUInt16BigEndian(head[2..]),
                ImmutableArray.Create(head[4..]),
                Encoding.UTF8.GetString(name));

            return true;
        }

        Consumed = start;
        return false;
    }

    /// <summary>A user's name and password, as VeNCrypt's Plain subtypes send them inside TLS.</summary>
    public bool TryReadCredentials([NotNullWhen(true)] out RfbCredentials? credentials)
    {
        var start = Consumed;
        credentials = null;

        if (TryReadUInt32(out var user) && TryReadUInt32(out var password))
        {
            if (Math.Max(user, password) > MaxCredentialLength)
            {
                throw new RfbException($"A user's name of {user} bytes and a password of {password} are announced; {MaxCredentialLength} is the limit of each.");
            }

            if (TryTake((int)(user + password), out var bytes))
            {
                credentials = new RfbCredentials(Encoding.UTF8.GetString(bytes[..(int)user]), Encoding.UTF8.GetString(bytes[(int)user..]));
                return true;
            }
        }

        Consumed = start;
        return false;
    }

    private bool TryReadReason([NotNullWhen(true)] out string? reason)
    {
        reason = TryReadText("reason", MaxReasonLength, out var text) ? Printable(text) : null;
        return reason is not null;
    }

    private bool TryReadText(string what, int limit, out ReadOnlySpan<byte> text)
    {
        text = default;

        if (!TryReadUInt32(out var length))
        {
            return false;
        }

        if (length > limit)
        {
            throw new RfbException($"The server announces a {what} of {length} bytes; {limit} is the limit.");
        }

        return TryTake((int)length, out text);
    }

    private bool TryReadByte(out byte value)
    {
        var ok = TryTake(1, out var bytes);
        value = ok ? bytes[0] : default;
        return ok;
    }

    private bool TryReadUInt32(out uint value)
    {
        var ok = TryTake(sizeof(uint), out var bytes);
        value = ok ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;
        return ok;
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        var left = _received.Length - Consumed;

        if (left < count)
        {
            bytes = default;
            Missing = count - left;
            return false;
        }

        bytes = _received.Slice(Consumed, count);
        Consumed += count;
        return true;
    }

    // A peer's words end up in logs and on pages: no control character of theirs may forge a line there.
    private static string Printable(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(text).ReplaceControls();
}
