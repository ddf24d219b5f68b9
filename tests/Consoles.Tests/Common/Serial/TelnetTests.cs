using Consoles.Common.Serial;

namespace Consoles.Tests.Common.Serial;

public class TelnetTests
{
    private static readonly byte[] QemusOpening = [255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0];

    [Fact]
    public void What_QEMU_opens_with_is_answered_and_not_shown()
    {
        var (data, answers) = Decode(new TelnetDecoder(escapes: true), [.. QemusOpening, .. "login: "u8], 1024);

        data.Should().Equal("login: "u8.ToArray());
        answers.Should().Equal(255, 253, 1, 255, 253, 3, 255, 253, 0, 255, 251, 0);
    }

    [Fact]
    public void An_option_that_is_not_wanted_is_refused_and_nothing_is_answered_twice()
    {
        byte[] asked = [255, 251, 24, 255, 253, 31, 255, 253, 1, 255, 251, 1, 255, 251, 1, 255, 252, 1, 255, 252, 1];

        Decode(new TelnetDecoder(escapes: true), asked, 1024).Answers
            .Should().Equal(255, 254, 24, 255, 252, 31, 255, 252, 1, 255, 253, 1, 255, 254, 1);
    }

    [Fact]
    public void Commands_and_subnegotiations_are_not_shown_and_a_doubled_IAC_is_one_byte()
    {
        byte[] wire = [65, 255, 241, 66, 255, 250, 24, 1, 255, 255, 2, 255, 240, 67, 255, 255, 68];

        Decode(new TelnetDecoder(escapes: true), wire, 1024).Data.Should().Equal(65, 66, 67, 255, 68);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bytes_mean_the_same_however_they_are_cut(bool escapes)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var wire = Noise(random, escapes ? 400 : 100);
            var whole = Decode(new TelnetDecoder(escapes), wire, wire.Length + 1);
            var cut = Decode(new TelnetDecoder(escapes), wire, random.Next(1, 7));

            cut.Data.Should().Equal(whole.Data);
            cut.Answers.Should().Equal(whole.Answers);
        }
    }

    [Fact]
    public void Data_comes_through_escaped_and_back_byte_for_byte()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var data = Noise(random, 300);

            Decode(new TelnetDecoder(escapes: true), [.. QemusOpening, .. Telnet.Escape(data).ToArray()], random.Next(1, 40)).Data.Should().Equal(data);
        }
    }

    [Fact]
    public void A_peer_that_doubles_nothing_is_understood_byte_for_byte_once_it_has_opened()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var data = Noise(random, 300);

            Decode(new TelnetDecoder(escapes: false), [.. QemusOpening, .. data], random.Next(1, 40)).Data.Should().Equal(data);
        }
    }

    [Fact]
    public void Data_without_an_IAC_is_sent_as_it_is()
    {
        ReadOnlyMemory<byte> data = "ls\n"u8.ToArray();
        Telnet.Escape(data).Equals(data).Should().BeTrue();
    }

    // Half of it is telnet's own bytes: plain noise would hardly hold any.
    private static byte[] Noise(Random random, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => random.Next(2) == 0 ? (byte)random.Next(240, 256) : (byte)random.Next(256))];

    private static (byte[] Data, byte[] Answers) Decode(TelnetDecoder decoder, byte[] wire, int piece)
    {
        var data = new List<byte>();
        var answers = new List<byte>();

        foreach (var chunk in wire.Chunk(piece))
        {
            var decoded = new byte[chunk.Length + 1];
            data.AddRange(decoded[..decoder.Decode(chunk, decoded, answers)]);
        }

        return ([.. data], [.. answers]);
    }
}
