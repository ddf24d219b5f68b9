using Consoles.Broker.Sessions.Serial;
using Consoles.Common.Serial;

namespace Consoles.Tests.Broker.Sessions.Serial;

public sealed class SerialFrameFilterTests
{
    private static readonly byte[] OfViewer =
        [.. Frame(SerialFrameType.Input, "ls\r"u8), .. Frame(SerialFrameType.Take), .. Frame(SerialFrameType.Input), .. Frame(SerialFrameType.Break), .. Frame(SerialFrameType.Release)];

    [Fact]
    public void Frames_pass_unchanged_however_they_are_cut()
    {
        for (var size = 1; size <= OfViewer.Length; size++)
        {
            Pass(new SerialFrameRules.OfViewer(viewOnly: false), OfViewer, size).Should().Equal(OfViewer, because: $"they were cut after every {size} bytes");
        }
    }

    [Fact]
    public void Nothing_passes_of_a_viewer_who_may_only_look()
    {
        for (var size = 1; size <= OfViewer.Length; size++)
        {
            Pass(new SerialFrameRules.OfViewer(viewOnly: true), OfViewer, size).Should().BeEmpty();
        }
    }

    [Theory]
    [InlineData("000000")]
    [InlineData("010000")]
    [InlineData("030000")]
    [InlineData("440001")]
    [InlineData("420001")]
    [InlineData("430001")]
    [InlineData("414001")]
    [InlineData("41ffff")]
    [InlineData("450000")]
    [InlineData("ff0000")]
    public void What_no_viewer_may_send_is_refused_by_its_header_alone(string header)
    {
        foreach (var viewOnly in (bool[])[true, false])
        {
            var send = () => Pass(new SerialFrameRules.OfViewer(viewOnly), Convert.FromHexString(header), 1);

            send.Should().Throw<SerialFrameException>().WithMessage("The viewer sent a frame*");
        }
    }

    [Theory]
    [InlineData("000000")]
    [InlineData("410000")]
    [InlineData("030000")]
    [InlineData("020001")]
    [InlineData("040007")]
    [InlineData("052001")]
    [InlineData("014001")]
    [InlineData("020000020000")]
    [InlineData("020000010000")]
    public void What_no_line_may_send_is_refused(string bytes)
    {
        var send = () => Pass(new SerialFrameRules.OfLine(), Convert.FromHexString(bytes), 1);

        send.Should().Throw<SerialFrameException>().WithMessage("The serial line sent a frame*");
    }

    [Fact]
    public void A_whole_line_passes_from_its_past_to_its_live_bytes()
    {
        byte[] line =
        [
            .. Frame(SerialFrameType.State, """{"attached":true}"""u8), .. Frame(SerialFrameType.Writer, """{"you":false,"writer":null}"""u8),
            .. Frame(SerialFrameType.Past, new byte[SerialFrame.MaxPayload]), .. Frame(SerialFrameType.Live), .. Frame(SerialFrameType.Data, "login: "u8),
            .. Frame(SerialFrameType.Gap, new byte[8]), .. Frame(SerialFrameType.Notice, "é"u8),
        ];

        foreach (var size in (int[])[1, 2, 3, 4, 7, 1000, 65520])
        {
            Pass(new SerialFrameRules.OfLine(), line, size).Should().Equal(line);
        }
    }

    [Fact]
    public void Whatever_bytes_come_only_sound_frames_go_on()
    {
        var random = new Random(20260);

        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);

            // Types that there are, and short lengths: most of the noise would otherwise be refused at its first byte.
            bytes[0] = (byte)random.Next(0x40, 0x46);

            if (bytes.Length > 1)
            {
                bytes[1] = 0;
            }

            var passed = new List<byte>();

            try
            {
                passed.AddRange(Pass(new SerialFrameRules.OfViewer(viewOnly: false), bytes, random.Next(1, 9)));
            }
            catch (SerialFrameException)
            {
                continue;
            }

            bytes.AsSpan().StartsWith(passed.ToArray()).Should().BeTrue(because: "only an unfinished header may be held back");
            (bytes.Length - passed.Count).Should().BeLessThan(SerialFrame.HeaderSize);
        }
    }

    private static byte[] Frame(SerialFrameType type, ReadOnlySpan<byte> payload = default) => SerialFrame.Encode(type, payload);

    // As the stream does: in place, behind room for what is held.
    private static List<byte> Pass(SerialFrameRules rules, byte[] bytes, int size)
    {
        var filter = new SerialFrameFilter(rules);
        var passed = new List<byte>();

        foreach (var piece in bytes.Chunk(size))
        {
            var buffer = new byte[filter.Held + piece.Length];
            piece.CopyTo(buffer, filter.Held);
            var count = filter.Filter(buffer.AsSpan(filter.Held), buffer);
            passed.AddRange(buffer[..count]);
        }

        return passed;
    }
}
