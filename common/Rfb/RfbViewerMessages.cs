using System.Buffers.Binary;
using System.Numerics;

namespace Consoles.Common.Rfb;

/// <summary>Follows the messages of a viewer byte by byte, checks each head before any of it goes on, and takes out what rights do not allow.</summary>
/// <remarks>
/// RFC 6143, section 7.5, and the extensions in rfbproto that QEMU or other servers of guests speak. A message of an unknown type ends the
/// connection, since nobody can tell where the next one begins.
/// </remarks>
internal sealed class RfbViewerMessages(bool viewOnly)
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

    private readonly byte[] _head = new byte[MaxHeadLength];
    private int _body;
    private int _encodings;
    private bool _dropping;

    /// <summary>How many bytes of a head wait here for the rest of it.</summary>
    public int Held { get; private set; }

    /// <summary>Whether the bytes that went in last had a key, a move of the pointer or clipboard text, dropped or not.</summary>
    public bool SawInput { get; private set; }

    /// <summary>Takes in bytes and gives out those that may go on.</summary>
    /// <param name="output">May be the same memory as <paramref name="input"/>, if it begins <see cref="Held"/> bytes before it or more.</param>
    /// <returns>How many were given out: at most those taken in and those held before.</returns>
    /// <exception cref="RfbException">The viewer sent what no server may be sent.</exception>
    public int Filter(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        SawInput = false;

        while (input.Length > 0)
        {
            if (_body > 0)
            {
                var length = Math.Min(_body, input.Length);

                if (!_dropping)
                {
                    input[..length].CopyTo(output[written..]);
                    written += length;
                }

                _body -= length;
                input = input[length..];
            }
            else
            {
                _head[Held++] = input[0];
                input = input[1..];

                if (Held == HeadLength())
                {
                    Judge();

                    if (!_dropping)
                    {
                        _head.AsSpan(0, Held).CopyTo(output[written..]);
                        written += Held;
                    }

                    Held = 0;
                }
            }
        }

        return written;
    }

    // As much of the head as its first bytes tell. While that is all there is, it must be more than is held, or the head would count as whole.
    private int HeadLength()
    {
        if (_encodings > 0)
        {
            return EncodingLength;
        }

        return (RfbViewerMessage)_head[0] switch
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
            RfbViewerMessage.Qemu => QemuHeadLength(),
            var unknown => throw new RfbException($"The viewer sent a message of the type {(byte)unknown}, which is not let through."),
        };
    }

    private int QemuHeadLength() => (Held, _head[1], _head[2], _head[3]) switch
    {
        (1, _, _, _) => 2 + 1,
        (_, 0, _, _) => 12,
        (2 or 3, 1, _, _) => 4 + 1,
        (_, 1, 0, 0 or 1) => 4,
        (_, 1, 0, 2) => 10,
        _ => throw new RfbException($"The viewer sent a QEMU message of the kind {_head[1]}, operation {BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2))}, which is not let through."),
    };

    private void Judge()
    {
        if (_encodings > 0)
        {
            _encodings--;
            JudgeEncoding();
            return;
        }

        var type = (RfbViewerMessage)_head[0];
        SawInput |= type is RfbViewerMessage.KeyEvent or RfbViewerMessage.PointerEvent or RfbViewerMessage.ClientCutText || IsExtendedKey(type);

        _dropping = viewOnly && (IsExtendedKey(type) || type is RfbViewerMessage.KeyEvent or RfbViewerMessage.PointerEvent
            or RfbViewerMessage.ClientCutText or RfbViewerMessage.Xvp or RfbViewerMessage.SetDesktopSize);

        switch (type)
        {
            case RfbViewerMessage.SetPixelFormat:
                JudgePixelFormat(_head.AsSpan(4));
                break;

            case RfbViewerMessage.SetEncodings:
                _encodings = Bounded("encodings", BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)), MaxEncodings);
                break;

            case RfbViewerMessage.ClientCutText:
                _body = CutTextLength(BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(4)));
                break;

            case RfbViewerMessage.Fence:
                _body = Bounded("bytes in a fence", _head[8], MaxFenceLength);
                break;

            case RfbViewerMessage.SetDesktopSize:
                _body = Bounded("screens", _head[6], MaxScreens) * ScreenLength;
                break;
        }
    }

    private bool IsExtendedKey(RfbViewerMessage type) => type == RfbViewerMessage.Qemu && _head[1] == 0;

    private void JudgeEncoding()
    {
        if (BinaryPrimitives.ReadInt32BigEndian(_head) is Gii or ExtendedMouseButtons)
        {
            BinaryPrimitives.WriteInt32BigEndian(_head, NoEncoding);
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
