using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Rfb;

public sealed class RfbViewerHandshakeTests
{
    private static readonly RfbServerInit Init = new(720, 400, FakeVncScript.PixelFormat, "QEMU (web1)");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public async Task A_viewer_is_offered_None_alone_and_then_shown_the_guest(byte shared)
    {
        for (var pieces = 1; pieces < 16; pieces++)
        {
            var viewer = new ScriptedStream(RfbSamples.Join(RfbSamples.Version, [1], [shared], RfbSamples.Key), pieces);
            await RfbViewerHandshake.RunAsync(viewer, Init, CancellationToken.None);

            viewer.Heard.ToArray().Should().Equal(RfbSamples.Join(RfbSamples.Version, [1, 1], [0, 0, 0, 0], RfbSamples.ServerInit));
            viewer.Taken.Should().Be(14, because: "the viewer's messages are for the guest");
        }
    }

    [Theory]
    [InlineData("RFB 003.003\n")]
    [InlineData("RFB 003.007\n")]
    [InlineData("RFB 003.889\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    public async Task Another_version_is_refused(string greeting)
    {
        var viewer = new ScriptedStream(System.Text.Encoding.ASCII.GetBytes(greeting));
        await FluentActions.Awaiting(() => RfbViewerHandshake.RunAsync(viewer, Init, default)).Should().ThrowAsync<RfbException>();
        viewer.Heard.ToArray().Should().Equal(RfbSamples.Version);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(19)]
    public async Task A_type_that_was_not_offered_is_refused_and_the_viewer_told(byte type)
    {
        var viewer = new ScriptedStream(RfbSamples.Join(RfbSamples.Version, [type], [1]));
        await FluentActions.Awaiting(() => RfbViewerHandshake.RunAsync(viewer, Init, default)).Should().ThrowAsync<RfbException>().WithMessage("*not offered*");
        viewer.Heard.ToArray()[14..18].Should().Equal(0, 0, 0, 1);
    }

    [Fact]
    public async Task A_viewer_that_leaves_anywhere_is_one_that_left()
    {
        var all = RfbSamples.Join(RfbSamples.Version, [1], [1]);

        for (var length = 0; length < all.Length; length++)
        {
            (await FluentActions.Awaiting(() => RfbViewerHandshake.RunAsync(new ScriptedStream(all[..length]), Init, default))
                .Should().ThrowAsync<RfbException>()).Which.Fault.Should().Be(RfbFault.Ended);
        }
    }

    [Fact]
    public async Task A_name_at_its_longest_still_goes_through()
    {
        var viewer = new ScriptedStream(RfbSamples.Join(RfbSamples.Version, [1], [1]));
        await RfbViewerHandshake.RunAsync(viewer, Init with { Name = new string('x', RfbReader.MaxNameLength) }, default);
        viewer.Heard.Length.Should().Be(12 + 2 + 4 + 24 + 1024);
    }
}
