using System.Buffers.Binary;
using System.Numerics;
using Consoles.Common.Relaying;

namespace Consoles.Common.Rfb;

/// <summary>Follows the messages of a viewer byte by byte, checks each head before any of it goes on, and takes out what rights do not allow.</summary>
/// <remarks>
/// RFC 6143, section 7.5, and the extensions in rfbproto that QEMU or other servers of guests speak. A message of an unknown type ends the
/// connection, since nobody can tell where the next one begins.
/// </remarks>
internal sealed class RfbViewerMessages(bool viewOnly) : MessageFilter(MaxHeadLength)
{
    /// <summary>The longest head, which is what is held back at the most.</summary>
    public const int MaxHeadLength = 20;

    // Lengths that a viewer chooses and QEMU reserves memory for (CVE-2015-5239, CVE-2022-3165).
    public const int MaxEncodings = 1024;
    public const int MaxCutTextLength = 64 * 1024;
    public const int MaxFenceLength = 64;
    public const int MaxScreens = 16;

    private const int ScreenLength = 16;
    private const int EncodingLength = 4;

    // Extended clipboard: flags at the least (rfbproto, "Extended Clipboard Pseudo-Encoding").
    private const int MinExtendedCutTextLength = 4;

    // With these the length of a message depends on what the server answered, which is not followed here. A server passes over what it does not know.
    private const int Gii = -305;
    private const int ExtendedMouseButtons = -316;
    private const int NoEncoding = 0x7fff_ffff;

    private int _encodings;

    protected override int HeadLength(ReadOnlySpan<byte> held)
    {
        if (_encodings > 0)
        {
            return EncodingLength;
        }

        return (RfbViewerMessage)held[0] switch
        {
            RfbViewerMessage.SetPixelFormat => 20,
            RfbViewerMessage.SetEncodings => 4,
            RfbViewerMessage.FramebufferUpdateRequest => 10,
            RfbViewerMessage.KeyEvent => 8,
            RfbViewerMessage.PointerEvent => 6,
            RfbViewerMessage.ClientCutText => 8,
            RfbViewerMessage.EnableContinuousUpdates => 10,
            RfbViewerMessage.Fence => 9,
            RfbViewerMessage.Xvp => 4,
            RfbViewerMessage.SetDesktopSize => 8,
            RfbViewerMessage.Qemu => QemuHeadLength(held),
            var unknown => throw new RfbException($"The viewer sent a message of the type {(byte)unknown}, which is not let through."),
        };
    }

    protected override MessageVerdict Judge(Span<byte> head)
    {
        if (_encodings > 0)
        {
            _encodings--;
            JudgeEncoding(head);
            return default;
        }

        var type = (RfbViewerMessage)head[0];
        var isInput = type is RfbViewerMessage.KeyEvent or RfbViewerMessage.PointerEvent or RfbViewerMessage.ClientCutText || IsExtendedKey(head);

        return new MessageVerdict(BodyLength(type, head), viewOnly && (isInput || type is RfbViewerMessage.Xvp or RfbViewerMessage.SetDesktopSize), isInput);
    }

    private uint BodyLength(RfbViewerMessage type, ReadOnlySpan<byte> head)
    {
        switch (type)
        {
            case RfbViewerMessage.SetPixelFormat:
                JudgePixelFormat(head[4..]);
                return 0;

            case RfbViewerMessage.SetEncodings:
                // Each encoding is judged as a head of its own.
                _encodings = Bounded("encodings", BinaryPrimitives.ReadUInt16BigEndian(head[2..]), MaxEncodings);
                return 0;

            case RfbViewerMessage.ClientCutText:
                return (uint)CutTextLength(BinaryPrimitives.ReadInt32BigEndian(head[4..]));

            case RfbViewerMessage.Fence:
                return (uint)Bounded("bytes in a fence", head[8], MaxFenceLength);

            case RfbViewerMessage.SetDesktopSize:
                return (uint)(Bounded("screens", head[6], MaxScreens) * ScreenLength);

            default:
                return 0;
        }
    }

    private static int QemuHeadLength(ReadOnlySpan<byte> held)
    {
        if (held.Length < 2)
        {
            return 2 + 1;
        }

        return (held[1], held.Length) switch
        {
            (0, _) => 12,
            (1, < 4) => 4 + 1,
            (1, _) when held[2] == 0 && held[3] is 0 or 1 => 4,
            (1, _) when held[2] == 0 && held[3] == 2 => 10,
            _ => throw new RfbException(
                $"The viewer sent a QEMU message of the kind {held[1]}, operation {(held.Length < 4 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(held[2..]))}, which is not let through."),
        };
    }

    private static bool IsExtendedKey(ReadOnlySpan<byte> head) => (RfbViewerMessage)head[0] == RfbViewerMessage.Qemu && head[1] == 0;

    private static void JudgeEncoding(Span<byte> head)
    {
        if (BinaryPrimitives.ReadInt32BigEndian(head) is Gii or ExtendedMouseButtons)
        {
            BinaryPrimitives.WriteInt32BigEndian(head, NoEncoding);
        }
    }

    // A negative length is the extended clipboard's. Its absolute value is what QEMU reserves; that of the least integer is not one.
    private static int CutTextLength(int announced)
    {
        var length = Math.Abs((long)announced);

        if (announced < 0 && length < MinExtendedCutTextLength)
        {
            throw new RfbException($"The viewer sent an extended clipboard message of {length} bytes, too few for its flags.");
        }

        return Bounded("bytes of clipboard", length, MaxCutTextLength);
    }

    private static int Bounded(string what, long announced, int limit) =>
        announced <= limit ? (int)announced : throw new RfbException($"The viewer announces {announced} {what}; {limit} is the limit.");

    // Section 7.4. QEMU divides and shifts by what stands here (CVE-2014-7815, CVE-2015-8504).
    private static void JudgePixelFormat(ReadOnlySpan<byte> format)
    {
        var (bits, depth, trueColour) = (format[0], format[1], format[3] != 0);

        var sane = bits is 8 or 16 or 32 && depth >= 1 && depth <= bits && (trueColour
            ? IsColour(format[4..], format[10], bits) && IsColour(format[6..], format[11], bits) && IsColour(format[8..], format[12], bits)
            : bits == 8);

        if (!sane)
        {
            throw new RfbException($"The viewer asks for a pixel format that makes no sense: {Convert.ToHexStringLower(format)}.");
        }
    }

    private static bool IsColour(ReadOnlySpan<byte> field, int shift, int bits)
    {
        var max = BinaryPrimitives.ReadUInt16BigEndian(field);
        return max > 0 && BitOperations.IsPow2(max + 1) && shift + BitOperations.PopCount(max) <= bits;
    }
}

/// <summary>Message types of viewers (RFC 6143, section 7.5; rfbproto).</summary>
internal enum RfbViewerMessage : byte
{
    SetPixelFormat = 0,
    SetEncodings = 2,
    FramebufferUpdateRequest = 3,
    KeyEvent = 4,
    PointerEvent = 5,
    ClientCutText = 6,
    EnableContinuousUpdates = 150,
    Fence = 248,
    Xvp = 250,
    SetDesktopSize = 251,
    Qemu = 255,
}
