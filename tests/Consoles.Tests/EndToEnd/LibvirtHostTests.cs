using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>The test's own tools are held to their word too: a fixture that leaks or lies spoils every test above it.</summary>
public sealed class LibvirtHostTests
{
    [Fact]
    public async Task A_linux_guest_says_on_its_serial_line_that_it_is_ready()
    {
        await using var host = await LibvirtHost.StartNewAsync();
        var serial = host.PathFor("serial.log");

        await host.StartAsync(GuestXml.Linux("ada", await GuestImage.GetAsync()).Vnc().Spice().SerialPty(serial));

        await LibvirtHost.ReadUntilAsync(serial, "ada is ready on ttyS0");
    }

    [Fact]
    public async Task A_firmware_guest_has_every_kind_of_console()
    {
        await using var host = await LibvirtHost.StartNewAsync();
        var port = host.NextPort();

        await host.StartAsync(GuestXml.Firmware("tiny").Vnc().Spice().SerialPty().SerialTcp(port).SerialTcp(host.NextPort(), telnet: true).SerialUnix(host.PathFor("s.sock")));

        using var vnc = new TcpClient();
        await vnc.ConnectAsync("127.0.0.1", await host.VncPortAsync("tiny"));
        var greeting = new byte[12];
        await vnc.GetStream().ReadExactlyAsync(greeting);
        Encoding.ASCII.GetString(greeting).Should().Be("RFB 003.008\n");

        using var serial = new TcpClient();
        await serial.ConnectAsync("127.0.0.1", port);
        File.Exists(host.PathFor("s.sock")).Should().BeTrue();
    }

    [Fact]
    public async Task Guests_outlive_their_daemon()
    {
        await using var host = await LibvirtHost.StartNewAsync();
        await host.StartAsync(GuestXml.Firmware("tiny").Vnc());
        var run = await host.VirshAsync("domid", "tiny");

        await host.KillDaemonAsync();
        await host.StartDaemonAsync();
        (await host.VirshAsync("domid", "tiny")).Should().Be(run);

        await host.StopDaemonAsync();
        await host.StartDaemonAsync();
        (await host.VirshAsync("domid", "tiny")).Should().Be(run);
    }

    [Fact]
    public async Task A_suspended_daemon_answers_again_when_it_is_continued()
    {
        await using var host = await LibvirtHost.StartNewAsync();
        await host.SuspendDaemonAsync();

        var asking = host.VirshAsync("version");
        (await Task.WhenAny(asking, Task.Delay(TimeSpan.FromSeconds(1)))).Should().NotBe(asking);

        await host.ContinueDaemonAsync();
        await asking;
    }

    [Fact]
    public async Task Nothing_of_a_host_outlives_it()
    {
        string folder;
        var guest = $"tiny-{Guid.NewGuid():N}";

        await using (var host = await LibvirtHost.StartNewAsync())
        {
            folder = host.Folder;
            await host.StartAsync(GuestXml.Firmware(guest).Vnc());
            IsRunning(guest).Should().BeTrue();
        }

        await Eventually.TrueAsync(() => !IsRunning(guest));
        Directory.Exists(folder).Should().BeFalse();
        (await File.ReadAllTextAsync("/proc/mounts")).Should().NotContain(folder);
    }

    [Fact]
    public async Task A_host_that_cannot_start_says_why()
    {
        var starting = async () => await LibvirtHost.StartNewAsync("vnc_tls = \"perhaps\"");

        (await starting.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*vnc_tls*");
    }

    private static bool IsRunning(string guest) =>
        Process.GetProcesses().Any(process => CommandLine(process).Contains($"guest={guest}", StringComparison.Ordinal));

    private static string CommandLine(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}
