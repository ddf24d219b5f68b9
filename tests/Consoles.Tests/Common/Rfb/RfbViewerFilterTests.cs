using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Rfb;

public sealed class RfbViewerFilterTests
{
    private static readonly byte[] Everything = RfbSamples.Join([.. RfbSamples.Looking, .. RfbSamples.Acting, .. RfbSamples.Looking]);
    private readonly TestClock _clock = new();

    [Fact]
    public async Task Control_lets_every_sound_message_through_however_it_arrives()
    {
        for (var pieces = 1; pieces <= Everything.Length; pieces++)
        {
            (await ReadAllAsync(Everything, pieces, viewOnly: false)).Should().Equal(Everything);
        }
    }

    [Fact]
    public async Task View_lets_through_what_looking_needs_and_nothing_else()
    {
        var expected = RfbSamples.Join([.. RfbSamples.Looking, .. RfbSamples.Looking]);

        for (var pieces = 1; pieces <= Everything.Length; pieces++)
        {
            (await ReadAllAsync(Everything, pieces, viewOnly: true)).Should().Equal(expected);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    public async Task The_size_of_the_readers_buffer_does_not_matter(int size)
    {
        (await ReadAllAsync(Everything, int.MaxValue, viewOnly: false, size)).Should().Equal(Everything);
        (await ReadAllAsync(Everything, 3, viewOnly: false, size)).Should().Equal(Everything);
    }

    public static TheoryData<string, byte[]> Unsound => new()
    {
        { "an unknown type", [7] },
        { "colour map entries, which RFB 3.8 took back", [1, 0, 0, 0] },
        { "gii", [253, 0, 0, 0] },
        { "an unknown QEMU message", [255, 2] },
        { "an unknown audio operation", [255, 1, 0, 3] },
        { "an audio operation over 255", [255, 1, 1, 0] },
        { "too many encodings", [2, 0, 4, 1] },
        { "a long clipboard", [6, 0, 0, 0, 0, 1, 0, 1] },
        { "a long extended clipboard", [6, 0, 0, 0, .. RfbSamples.UInt32(unchecked((uint)-65537))] },
        { "the longest clipboard", [6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff] },
        { "the least length", [6, 0, 0, 0, 0x80, 0, 0, 0] },
        { "an extended clipboard without flags", [6, 0, 0, 0, .. RfbSamples.UInt32(unchecked((uint)-3))] },
        { "a long fence", [248, 0, 0, 0, 0, 0, 0, 0, 65] },
        { "many screens", [251, 0, 4, 0, 3, 0, 17, 0] },
        { "24 bits a pixel", PixelFormat(bits: 24) },
        { "0 bits a pixel", PixelFormat(bits: 0) },
        { "more depth than bits", PixelFormat(bits: 16) },
        { "no depth", PixelFormat(depth: 0) },
        { "a colour map of 32 bits", PixelFormat(trueColour: 0) },
        { "no red", PixelFormat(redHigh: 0, redLow: 0) },
        { "a red that is not all ones", PixelFormat(redLow: 254) },
        { "a red shifted out", PixelFormat(shift: 25) },
        { "a red of 16 bits shifted out", PixelFormat(redHigh: 255, shift: 17) },
    };

    [Theory]
    [MemberData(nameof(Unsound))]
    public async Task An_unsound_message_is_refused_and_none_of_it_goes_on(string what, byte[] message)
    {
        foreach (var viewOnly in (bool[])[false, true])
        {
            for (var pieces = 1; pieces <= message.Length; pieces++)
            {
                await using var filter = new RfbViewerFilter(new ScriptedStream([.. message, .. new byte[20]], pieces), viewOnly, _clock);
                await FluentActions.Awaiting(async () => await filter.ReadAsync(new byte[4096])).Should().ThrowAsync<RfbException>(because: what);
            }
        }
    }

    [Theory]
    [InlineData(8, 3, 1, 7, 5)]
    [InlineData(16, 16, 1, 31, 11)]
    [InlineData(8, 8, 0, 255, 0)]
    public async Task Pixel_formats_that_make_sense_go_through(byte bits, byte depth, byte trueColour, byte max, byte shift)
    {
        byte[] format = [0, 0, 0, 0, bits, depth, 0, trueColour, 0, max, 0, 1, 0, 1, shift, 0, 0, 0, 0, 0];
        (await ReadAllAsync(format, int.MaxValue, viewOnly: true)).Should().Equal(format);
    }

    [Fact]
    public async Task Extensions_whose_lengths_only_the_server_knows_are_never_offered_to_it()
    {
        byte[] offered = [2, 0, 0, 2, .. RfbSamples.UInt32(unchecked((uint)-316)), .. RfbSamples.UInt32(unchecked((uint)-305))];
        byte[] passed = [2, 0, 0, 2, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff];
        (await ReadAllAsync(offered, 1, viewOnly: false)).Should().Equal(passed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_pointer_and_clipboard_are_input_and_looking_is_not(bool viewOnly)
    {
        foreach (var message in (byte[][])[RfbSamples.Key, RfbSamples.Pointer, RfbSamples.CutText, RfbSamples.ExtendedKey])
        {
            (await InputMovesAsync(message, viewOnly)).Should().BeTrue();
        }

        foreach (var message in RfbSamples.Looking)
        {
            (await InputMovesAsync(message, viewOnly)).Should().BeFalse();
        }
    }

    [Fact]
    public async Task A_read_of_nothing_waits_and_takes_nothing()
    {
        var (near, far) = await Loopback.PairAsync();
        await using var filter = new RfbViewerFilter(near, viewOnly: false, _clock);
        var waiting = filter.ReadAsync(Memory<byte>.Empty);
        waiting.IsCompleted.Should().BeFalse();
        await far.WriteAsync(RfbSamples.Pointer);
        (await waiting).Should().Be(0);

        var buffer = new byte[4];
        (await filter.ReadAsync(buffer)).Should().Be(4);
        (await filter.ReadAsync(Memory<byte>.Empty)).Should().Be(0, because: "two bytes are there already");
        (await filter.ReadAsync(buffer)).Should().Be(2);
        await far.DisposeAsync();
    }

    [Fact]
    public async Task What_is_written_reaches_the_viewer_as_it_is_and_the_viewer_ends_with_the_filter()
    {
        var viewer = new ScriptedStream([]);
        var filter = new RfbViewerFilter(viewer, viewOnly: true, _clock);
        await filter.WriteAsync(RfbSamples.Key.AsMemory());
        filter.Write(RfbSamples.Key, 0, 8);
        await filter.FlushAsync();
        filter.Flush();
        viewer.Heard.ToArray().Should().Equal(RfbSamples.Join(RfbSamples.Key, RfbSamples.Key));
        (filter.CanRead, filter.CanWrite, filter.CanSeek).Should().Be((true, true, false));

        foreach (var act in (Action[])[() => _ = filter.Length, () => _ = filter.Position, () => filter.Position = 1, () => filter.Seek(0, SeekOrigin.Begin), () => filter.SetLength(1), () => _ = filter.Read(new byte[1], 0, 1)])
        {
            act.Should().Throw<NotSupportedException>();
        }

        await filter.DisposeAsync();
        viewer.CanRead.Should().BeFalse();
    }

    [Fact]
    public void Following_the_messages_allocates_nothing()
    {
        var said = RfbSamples.Join(Enumerable.Repeat(Everything, 100));
        var output = new byte[said.Length + RfbViewerMessages.MaxHeadLength];
        var messages = new RfbViewerMessages(viewOnly: false);
        messages.Filter(said, output);

        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var at = 0; at < said.Length; at += 13)
        {
            messages.Filter(said.AsSpan(at, Math.Min(13, said.Length - at)), output);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    private static byte[] PixelFormat(byte bits = 32, byte depth = 24, byte trueColour = 1, byte redHigh = 0, byte redLow = 255, byte shift = 16) =>
        [0, 0, 0, 0, bits, depth, 0, trueColour, redHigh, redLow, 0, 255, 0, 255, shift, 8, 0, 0, 0, 0];

    private async Task<bool> InputMovesAsync(byte[] message, bool viewOnly)
    {
        await using var filter = new RfbViewerFilter(new ScriptedStream([.. message, .. RfbSamples.UpdateRequest]), viewOnly, _clock);
        var came = filter.LastInput;
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await filter.ReadAsync(new byte[4096])).Should().BePositive();
        return filter.LastInput != came;
    }

    private async Task<byte[]> ReadAllAsync(byte[] said, int pieces, bool viewOnly, int size = 256)
    {
        await using var filter = new RfbViewerFilter(new ScriptedStream(said, pieces), viewOnly, _clock);
        var all = new MemoryStream();
        var buffer = new byte[size];

        while (await filter.ReadAsync(buffer) is var got and > 0)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }
}
