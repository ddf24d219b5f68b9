using System.Text;

namespace Consoles.Broker.Api;

/// <summary>Makes text of what a serial console sent, which is bytes.</summary>
internal static class ConsoleLogText
{
    private const int LongestSequence = 4;

    /// <returns>UTF-8: what was none is U+FFFD in it. Control characters are left as they came.</returns>
    public static byte[] Of(ReadOnlyMemory<byte> past, int? lines)
    {
        var span = past.Span;

        if (lines is { } wanted)
        {
            span = span[StartOfLast(span, wanted)..];
        }

        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(WithoutTorn(span)));
    }

    // Lines end with LF; one that has not ended yet counts, too.
    private static int StartOfLast(ReadOnlySpan<byte> bytes, int lines)
    {
        var at = bytes.Length > 0 && bytes[^1] == '\n' ? bytes.Length - 1 : bytes.Length;

        while (lines-- > 0)
        {
            at = bytes[..at].LastIndexOf((byte)'\n');

            if (at < 0)
            {
                return 0;
            }
        }

        return at + 1;
    }

    // The past begins anywhere, also within a character, of which the rest is not worth three replacements.
    private static ReadOnlySpan<byte> WithoutTorn(ReadOnlySpan<byte> bytes)
    {
        var torn = 0;

        while (torn < bytes.Length && torn < LongestSequence - 1 && (bytes[torn] & 0xc0) == 0x80)
        {
            torn++;
        }

        return bytes[torn..];
    }
}
