using Consoles.Agent;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>From a plain node to verified x509 with what one command does: certificates ordered from the broker, qemu.conf changed, and guests reported as they are.</summary>
[Collection(Alone.Name)]
public sealed class QemuConfOrdersTests
{
    [Fact]
    public async Task One_command_orders_the_certificates_and_asks_for_TLS_and_the_broker_sees_who_is_still_plain()
    {
        await using var host = await LibvirtHost.StartNewAsync();
        string[] agent = [$"--QemuConf:Path={host.QemuConf}", "--Rotation:LookEvery=00:00:01", "--Rotation:VerifyEvery=00:00:08"];
        await using var fleet = await Fleet.StartAsync(host, "node1", ["--Routes:Default=Direct"], agent);
        await host.StartAsync(GuestXml.Firmware("old").Vnc());
        await fleet.WaitForConsoleAsync("old");
        var directory = host.PathFor("pki");

        using var said = new StringWriter();
        var exit = await AgentCommandLine.RunAsync(
            ["qemu-conf", "--apply", "--state", fleet.AgentState, "--connect", host.Uri, "--set", $"QemuConf:Path={host.QemuConf}", "--set", $"QemuConf:VncDirectory={directory}"], said, said);
        exit.Should().Be(2, because: $"libvirt is to be restarted by hand here. {said}");
        said.ToString().Should().Contain($"Certificates are wanted in {directory}").And.Contain("Restart it yourself");
        await host.StopDaemonAsync();
        await host.StartDaemonAsync();
        await host.StartAsync(GuestXml.Firmware("new").Vnc());

        var fresh = await UntilAsync(fleet, "new", CertificateCondition.Fresh);
        fresh.Served!.Names.Should().Contain("node1");
        (await UntilAsync(fleet, "old", CertificateCondition.Plain)).Reason.Should().Contain("restart or migrate");
        using var viewer = await fleet.OpenViewerAsync("new");
        (await viewer.HandshakeAsync()).Should().Be("QEMU (new)", because: $"{viewer.Reason}");

        using var reported = new StringWriter();
        (await AgentCommandLine.RunAsync(["rotate", "--now", "--state", fleet.AgentState, "--connect", host.Uri, "--set", $"QemuConf:Path={host.QemuConf}"], reported, reported)).Should().Be(2);
        reported.ToString().Should().Contain("new vnc0: fresh").And.Contain("old vnc0: plain");
    }

    private static Task<ConsoleCertificate> UntilAsync(Fleet fleet, string domain, CertificateCondition condition) => Eventually.GetAsync(
        () =>
        {
            var node = fleet.Directory.Nodes.SingleOrDefault();
            var found = node?.Certificates?.Consoles.FirstOrDefault(console => node.Domains.GetValueOrDefault(console.Incarnation.Domain)?.Name == domain);
            return Task.FromResult(found?.Condition == condition ? found : null);
        },
        TimeSpan.FromSeconds(120),
        () => fleet.Logs.Text);
}
