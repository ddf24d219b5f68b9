using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions.Serial;

public sealed class SerialBytesChannelTests
{
    private static readonly byte[] Said =
    [
        .. SerialFrame.Encode(SerialFrameType.State, """{"attached":true}"""u8),
        .. SerialFrame.Encode(SerialFrameType.Writer, """{"you":false,"writer":null}"""u8),
        .. SerialFrame.Encode(SerialFrameType.Past, "old "u8),
        .. SerialFrame.Encode(SerialFrameType.Live, []),
        .. SerialFrame.Encode(SerialFrameType.Data, "new\xff"u8),
        .. SerialFrame.Encode(SerialFrameType.Gap, [0, 0, 0, 0, 0, 0, 1, 2]),
        .. SerialFrame.Encode(SerialFrameType.State, """{"attached":false,"reason":"it\u001b stopped"}"""u8),
        .. SerialFrame.Encode(SerialFrameType.Data, []),
        .. SerialFrame.Encode(SerialFrameType.State, """{"attached":true}"""u8),
        .. SerialFrame.Encode(SerialFrameType.Notice, "ada writes"u8),
        .. SerialFrame.Encode(SerialFrameType.Data, "end"u8),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task A_program_is_sent_what_the_guest_says_and_nothing_else(int pieces) =>
        (await SentAsync(pieces, past: false, notices: false)).Should().Equal("new\xff"u8.ToArray().Concat("end"u8.ToArray()));

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task A_person_is_sent_the_past_too_and_told_what_happens(int pieces) =>
        Encoding.UTF8.GetString(await SentAsync(pieces, past: true, notices: true)).Should().Be(
            "old new\xff\r\n[258 bytes are left out here]\r\n\r\n[it? stopped]\r\n\r\n[the guest's line is there again]\r\n\r\n[ada writes]\r\nend");

    [Theory]
    [InlineData(1, 64)]
    [InlineData(64, 1)]
    [InlineData(64, 4)]
    [InlineData(100_000, 100_000)]
    public async Task What_is_sent_is_typed(int pieces, int buffer)
    {
        var typed = Enumerable.Range(0, 40_000).Select(number => (byte)number).ToArray();
        var channel = ChannelOf(new ScriptedStream(typed, pieces), past: false, notices: false);
        using var framed = new MemoryStream();
        var part = new byte[buffer];

        while (await channel.ReadAsync(part) is var count and > 0)
        {
            framed.Write(part, 0, count);
        }

        framed.Position = 0;
        var frames = new SerialFrameReader(framed);
        var arrived = new List<byte>();

        while (await frames.ReadAsync(CancellationToken.None) is { } frame)
        {
            frame.Type.Should().Be(SerialFrameType.Input);
            arrived.AddRange(frame.Payload.ToArray());
        }

        arrived.Should().Equal(typed);
    }

    private static async Task<byte[]> SentAsync(int pieces, bool past, bool notices)
    {
        var viewer = new ScriptedStream([]);
        var channel = ChannelOf(viewer, past, notices);

        foreach (var piece in Said.Chunk(pieces))
        {
            await channel.WriteAsync(piece);
        }

        return viewer.Heard.ToArray();
    }

    private static SerialBytesChannel ChannelOf(Stream connection, bool past, bool notices) =>
        new(new RawChannel(connection, connection.Dispose, TimeSpan.FromSeconds(1), TimeProvider.System), past, notices);
}
