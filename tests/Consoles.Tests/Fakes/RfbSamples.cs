using System.Buffers.Binary;

namespace Consoles.Tests.Fakes;

/// <summary>RFB messages byte by byte, as they travel.</summary>
internal static class RfbSamples
{
    public static readonly byte[] Version = "RFB 003.008\n"u8.ToArray();

    public static readonly byte[] ServerInit =
        [0x02, 0xd0, 0x01, 0x90, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 11, .. "QEMU (web1)"u8];

    public static readonly byte[] Challenge = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    public static readonly byte[] SetPixelFormat = [0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
    public static readonly byte[] SetEncodings = [2, 0, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0x21, 0, 0, 0, 0];
    public static readonly byte[] UpdateRequest = [3, 1, 0, 0, 0, 0, 2, 0xd0, 1, 0x90];
    public static readonly byte[] Key = [4, 1, 0, 0, 0, 0, 0xff, 0x0d];
    public static readonly byte[] Pointer = [5, 1, 0, 10, 0, 20];
    public static readonly byte[] CutText = [6, 0, 0, 0, 0, 0, 0, 5, .. "hello"u8];
    public static readonly byte[] ExtendedCutText = [6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfa, 1, 0, 0, 1, 9, 9];
    public static readonly byte[] ContinuousUpdates = [150, 1, 0, 0, 0, 0, 2, 0xd0, 1, 0x90];
    public static readonly byte[] Fence = [248, 0, 0, 0, 0x80, 0, 0, 1, 3, 7, 8, 9];
    public static readonly byte[] Xvp = [250, 0, 1, 2];
    public static readonly byte[] SetDesktopSize = [251, 0, 4, 0, 3, 0, 1, 0, .. new byte[16]];
    public static readonly byte[] ExtendedKey = [255, 0, 0, 1, 0, 0, 0xff, 0x0d, 0, 0, 0, 28];
    public static readonly byte[] AudioOn = [255, 1, 0, 0];
    public static readonly byte[] AudioFormat = [255, 1, 0, 2, 3, 2, 0, 0, 0xac, 0x44];

    /// <summary>What looks is allowed to send.</summary>
    public static readonly byte[][] Looking = [SetPixelFormat, SetEncodings, UpdateRequest, ContinuousUpdates, Fence, AudioOn, AudioFormat];

    /// <summary>What only control is allowed to send.</summary>
    public static readonly byte[][] Acting = [Key, Pointer, CutText, ExtendedCutText, Xvp, SetDesktopSize, ExtendedKey];

    public static byte[] Join(params IEnumerable<byte[]> messages) => [.. messages.SelectMany(message => message)];

    public static byte[] UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
