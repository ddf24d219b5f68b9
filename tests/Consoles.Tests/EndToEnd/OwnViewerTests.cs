using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>Viewers not written here, on real guests: Debian's remote-viewer, TigerVNC and openssl.</summary>
public sealed class OwnViewerTests(ViewerFleet viewers) : IClassFixture<ViewerFleet>
{
    private static readonly string[] Channels = ["Display", "Inputs"];

    [Fact]
    public async Task TigerVNC_shows_a_guest_with_a_token_as_its_password()
    {
        await viewers.Host.StartAsync(GuestXml.Firmware("tiger").VncNone());
        var token = await viewers.TokenAsync("tiger", "vnc0");

        await using var viewer = viewers.Start(
            $"env VNC_USERNAME=anybody VNC_PASSWORD={token} xtigervncviewer -X509CA=$CA -AlertOnFatalError=0 -ReconnectOnError=0 localhost::{viewers.Listeners.Vnc!.Port}");

        await viewer.SaysAsync("Choosing security type X509Plain (262)");
        await viewer.SaysAsync("Using pixel format", () => viewers.Fleet.Logs.Text);
        viewers.Sessions.Should().Contain(session => session.Grant.Domain == "tiger");
    }

    [Theory]
    [InlineData("vnc0", "desktop resize 720x400")]
    [InlineData("spice0", "+0+0-720x400")]
    public async Task Remote_viewer_shows_a_guest_by_its_file_and_asks_nothing(string console, string shown)
    {
        var name = $"by-file-{console}";
        await viewers.Host.StartAsync(console == "vnc0" ? GuestXml.Firmware(name).VncNone() : GuestXml.Firmware(name).SpiceNone());
        var file = await viewers.FileAsync(name, console);

        await using var viewer = viewers.Start($"remote-viewer --debug --spice-debug {file}");

        // It says so when it knows the size of the guest's screen, which a dialog would stand before.
        await viewer.SaysAsync(shown, () => viewers.Fleet.Logs.Text);
        viewers.Sessions.Should().Contain(session => session.Grant.Domain == name);
        await Eventually.TrueAsync(() => !File.Exists(file), because: () => "it is to delete the file, which holds a token");

        if (console == "spice0")
        {
            // A viewer opens them one after the other.
            await Eventually.TrueAsync(() => Channels.All(channel => viewers.Fleet.Logs.Text.Contains($"has one more channel: {channel}", StringComparison.Ordinal)), because: () => viewers.Fleet.Logs.Text);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Openssl_shows_a_guests_serial_console(bool telnet)
    {
        var name = $"openssl-{telnet}";
        await viewers.Host.StartAsync(GuestXml.Firmware(name).SerialPty());
        var token = await viewers.TokenAsync(name, "serial0");
        var port = (telnet ? viewers.Listeners.Telnet : viewers.Listeners.Serial)!.Port;

        await using var viewer = viewers.Start(
            $"bash -c '(echo {token}; exec sleep infinity) | openssl s_client -quiet -verify_return_error -CAfile $CA -connect localhost:{port}'", screen: false);

        // What the guest said before the agent attached to its line is nobody's.
        await viewers.OpenedAsync(name);
        await viewers.Host.VirshAsync("reset", name);
        await viewer.SaysAsync("No bootable device", () => viewers.Fleet.Logs.Text);

        if (telnet)
        {
            viewer.Output.Should().Contain("token: ").And.NotContain(token);
        }
    }
}
