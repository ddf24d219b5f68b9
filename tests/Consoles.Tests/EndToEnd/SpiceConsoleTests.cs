using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>SPICE consoles of real guests, of every sort, through the broker: the screen is sent, and the pointer's moves are confirmed.</summary>
public sealed class SpiceConsoleTests(SpiceFleet spice) : IClassFixture<SpiceFleet>
{
    private const int SurfaceCreate = 314;
    private const int DisplayInit = 101;
    private const int MouseMotion = 111;
    private const int MouseMotionAck = 111;

    // After so many moves the server says that it has them.
    private const int MovesToConfirm = 4;

    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    [InlineData("secure")]
    [InlineData("inputs-secure")]
    [InlineData("ticket")]
    [InlineData("unix")]
    [InlineData("none")]
    [InlineData("direct-tcp")]
    [InlineData("direct-tls")]
    [InlineData("direct-secure")]
    [InlineData("direct-ticket")]
    public async Task A_SPICE_console_opens_wherever_it_listens_and_moves_bytes_both_ways(string name)
    {
        await spice.Host.StartAsync(Guest(name));
        var opening = await spice.RedeemAsync(name);
        using var main = await opening.OpenAsync();
        main.Session.Should().NotBe(0);

        using var display = await opening.OpenAsync(SpiceChannelType.Display, main);
        await display.Viewer.SendAsync(DisplayInit, new byte[14], SpicePage.Limit);
        (await display.Viewer.ReceiveAsync(SurfaceCreate, SpicePage.Limit)).Should().HaveCount(20);

        using var inputs = await opening.OpenAsync(SpiceChannelType.Inputs, main);

        for (var i = 0; i < MovesToConfirm; i++)
        {
            await inputs.Viewer.SendAsync(MouseMotion, new byte[] { 1, 0, 0, 0, 1, 0, 0, 0, 0, 0 }, SpicePage.Limit);
        }

        await inputs.Viewer.ReceiveAsync(MouseMotionAck, SpicePage.Limit);
        spice.Fleet.Logs.Lines.Should().NotContain(line => line.Contains("t1cket", StringComparison.Ordinal));

        await spice.Host.DestroyAsync(name);
        (await main.ClosedAsync()).Code.Should().Be(4003);
        (await display.ClosedAsync()).Code.Should().Be(4003);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_before_QEMU_is_told_anything()
    {
        await spice.AmongStrangersAsync(() => spice.Host.StartAsync(Guest("direct-stranger")));

        using var main = await (await spice.RedeemAsync("direct-stranger")).ConnectAsync();
        var (code, reason) = await main.ClosedAsync();
        code.Should().Be(4005, because: reason);
        reason.Should().Contain("wrong authority");
    }

    [Fact]
    public async Task A_viewer_that_comes_later_takes_the_console_over_and_the_one_before_is_told()
    {
        await spice.Host.StartAsync(GuestXml.Firmware("taken").SpiceNone());
        using var first = await (await spice.RedeemAsync("taken")).OpenAsync();
        using var second = await (await spice.RedeemAsync("taken", "view")).OpenAsync();
        (await first.ClosedAsync()).Should().Be((4008, SessionEnding.TakenOver.Reason));
    }

    private GuestXml Guest(string name)
    {
        var guest = GuestXml.Firmware(name);

        return name.Replace("direct-", "", StringComparison.Ordinal) switch
        {
            "tls" or "stranger" => guest.With($"<graphics type='spice' autoport='no' tlsPort='{spice.Host.NextPort()}' listen='127.0.0.1'/>"),
            "secure" => guest.With("<graphics type='spice' autoport='yes' listen='127.0.0.1' defaultMode='secure'/>"),
            "inputs-secure" => guest.With("<graphics type='spice' autoport='yes' listen='127.0.0.1'><channel name='inputs' mode='secure'/></graphics>"),
            "ticket" => guest.Spice(password: "t1cket"),
            "unix" => guest.SpiceUnix(spice.Host.PathFor("spice.sock")),
            "none" => guest.SpiceNone(),
            _ => guest.Spice(),
        };
    }
}
