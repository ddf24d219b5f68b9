using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>RFB at nova-novncproxy: what the browser is offered, and what it learns of a guest that cannot be had.</summary>
public sealed class NoVncGuestTests
{
    [Fact]
    public async Task NV_10_the_browser_is_offered_one_security_type_None()
    {
        await using var server = new FakeVncServer();
        await using var nova = await StartAsync(server);
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}");
        (await viewer.ReceiveAsync()).Payload.Should().Equal("RFB 003.008\n"u8.ToArray());
        await viewer.SendAsync("RFB 003.008\n"u8);
        (await viewer.ReceiveAsync()).Payload.Should().Equal(1, 1);
        await viewer.SendAsync([1]);
        (await viewer.ReceiveAsync()).Payload.Should().Equal(0, 0, 0, 0);
    }

    [Fact]
    public async Task NV_11_a_browser_that_chooses_another_is_told_which_one_there_is()
    {
        await using var server = new FakeVncServer();
        await using var nova = await StartAsync(server);
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}");
        await viewer.ReceiveAsync();
        await viewer.SendAsync("RFB 003.008\n"u8);
        await viewer.ReceiveAsync();
        await viewer.SendAsync([2]);
        var said = (await viewer.ReceiveAsync()).Payload;
        said[..4].Should().Equal(0, 0, 0, 1);
        Encoding.UTF8.GetString(said.AsSpan(8)).Should().Be("Only the security type 1 (NONE) is supported");
        (await viewer.CloseFrameAsync()).Code.Should().Be(1002);
    }

    [Theory]
    [InlineData("RFB 003.003\n", false)]
    [InlineData("RFB 003.007\n", false)]
    [InlineData("RFB 003.008\n", true)]
    public async Task NV_10_11_a_guest_that_is_not_as_it_should_be_is_refused_and_its_address_is_not_told(string version, bool refuses)
    {
        var script = new FakeVncScript { Version = Encoding.ASCII.GetBytes(version), Refusal = refuses ? [0, 0, 0, 0, 14, .. "127.0.0.1 full"u8] : null };
        await using var server = new FakeVncServer(script);
        await using var nova = await StartAsync(server);
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}");
        var (code, reason) = await viewer.CloseFrameAsync();
        code.Should().Be((int)CloseCode.GuestUnreachable);
        reason.Should().NotContain("127.0.0.1").And.NotContain($"{server.Port}");
        server.Messages.Should().BeEmpty();
    }

    [Fact]
    public async Task NV_05_07_10_what_OpenStacks_own_tests_look_for_is_there()
    {
        await using var server = new FakeVncServer();
        await using var nova = await StartAsync(server, "--Nova:NoVnc:Web=builtin");
        var page = await NovaBroker.GetAsync(nova.NoVnc, $"/vnc_auto.html?path=%3Ftoken%3D{nova.Token()}");
        page.Should().StartWith("HTTP/1.1 200 ").And.MatchRegex("<html.*>").And.Contain("</html>").And.Contain("noVNC").And.Contain("<script");

        // tempest takes each of RFB's messages for one frame of less than 126 bytes, and sends the whole query of the address as a cookie, too.
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}", headers: "Cookie: path=%3Ftoken%3Dnothing");
        viewer.Head.Should().StartWith("HTTP/1.1 101 Switching Protocols\r\n").And.ContainEquivalentOf("\r\nUpgrade: websocket\r\n");
        var version = (await viewer.ReceiveAsync()).Payload;
        version.Should().Equal("RFB 003.008\n"u8.ToArray());
        await viewer.SendAsync(version);
        (await viewer.ReceiveAsync()).Payload.Should().Equal(1, 1);
        await viewer.SendAsync([1]);
        (await viewer.ReceiveAsync()).Payload.Should().Equal(0, 0, 0, 0);
        await viewer.SendAsync([1]);
        var init = (await viewer.ReceiveAsync()).Payload;
        init.Length.Should().BeLessThan(126).And.Be(24 + init[23]);

        // A token that is not good: nothing at all comes behind the head of the answer, and the connection ends.
        (await NovaBroker.AskAsync(nova.NoVnc, NovaBroker.Upgrade($"/?token=bad{nova.Token()}"))).Split("\r\n\r\n", 2)[1].Should().BeEmpty();
    }

    private static async Task<NovaBroker> StartAsync(FakeVncServer server, params string[] settings)
    {
        using var pki = new TestPki();
        var connector = VncTargets.Connector(pki.Trust());
        var nova = await NovaBroker.StartAsync(clock: null, builder => builder.Services.AddSingleton<IGuestConnector>(connector), settings);
        nova.Report(vncPort: server.Port);
        return nova;
    }
}
