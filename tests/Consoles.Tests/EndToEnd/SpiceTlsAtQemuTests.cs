using System.Net;
using System.Net.Http.Json;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>Debian's remote-viewer through the broker's proxy, with its TLS ending at QEMU.</summary>
public sealed class SpiceTlsAtQemuTests
{
    [Fact]
    public async Task Remote_viewer_speaks_TLS_with_QEMU_itself_by_its_file_and_nobody_is_let_in_to_look_alone()
    {
        using var certificates = new TempDirectory();
        using var home = new TempDirectory();
        Directory.CreateDirectory($"{certificates.Path}/spice");
        File.SetUnixFileMode(certificates.Path, (UnixFileMode)0b111_101_101);
        await using var host = await LibvirtHost.StartNewAsync(SpiceTls.Settings($"{certificates.Path}/spice"));
        await using var fleet = await Fleet.StartAsync(
            host, "node1", "--Viewers:Spice:Enabled=true", "--Viewers:Spice:Port=0", "--Viewers:Spice:Tls=Qemu");
        await VncTls.WriteAsync(fleet.Broker, "node1", $"{certificates.Path}/spice");
        await host.StartAsync(GuestXml.Firmware("passed").Spice());
        var (_, console) = await fleet.WaitForConsoleAsync("passed", "spice0");
        console.TlsPort.Should().NotBeNull();

        using var look = await fleet.Operator.PostAsJsonAsync("/v1/domains/passed/consoles/spice0/viewer-file", new { rights = "view" });
        look.StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await look.Content.ReadAsStringAsync()).Should().Contain("TLS ends at QEMU");

        using var given = await fleet.Operator.PostAsJsonAsync("/v1/domains/passed/consoles/spice0/viewer-file", new { });
        var file = await given.Content.ReadAsStringAsync();
        file.Should().Contain("\nhost=node1\n").And.Contain("\nca=-----BEGIN CERTIFICATE-----\\n");
        await File.WriteAllTextAsync($"{home.Path}/passed.vv", file);
        await File.WriteAllTextAsync($"{home.Path}/none.pem", "");
        await using var viewer = ViewerProgram.Start(home.Path, $"{home.Path}/none.pem", $"remote-viewer --debug --spice-debug {home.Path}/passed.vv", screen: true);

        await viewer.SaysAsync("+0+0-720x400", () => fleet.Logs.Text);
        fleet.Logs.Text.Should().Contain("has one more channel: TLS to QEMU");
    }
}
