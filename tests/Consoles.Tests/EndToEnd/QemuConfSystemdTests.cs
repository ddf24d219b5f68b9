using Consoles.Agent.Certificates;
using Consoles.Agent.Inventory;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>consoles-agent qemu-conf on a node of which systemd is the first process.</summary>
public sealed class QemuConfSystemdTests : IDisposable
{
    private readonly TestPki _pki = new();

    public void Dispose() => _pki.Dispose();

    [Fact]
    public async Task A_node_goes_from_plain_VNC_to_verified_x509_and_back_by_one_command_each_and_its_guest_runs_through()
    {
        await using var host = await SystemdHost.StartNewAsync();
        var original = await File.ReadAllBytesAsync(host.QemuConf);
        WriteCertificates(host);
        await host.StartAsync(GuestXml.Firmware("old").Vnc());
        var old = await host.ProcessOfAsync("old");

        var applied = await host.AgentAsync("qemu-conf", "--apply");
        (applied.ExitCode, applied.Errors).Should().Be((0, ""), applied.Output);
        applied.Output.Should().ContainAll("vnc_tls: not set -> 1", "Restarting libvirtd.service", "1 guest ran through", "Guest old, vnc0 at 127.0.0.1:", "it was started before");
        (await host.ProcessOfAsync("old")).Should().Be(old);
        (await SecurityAsync(host, "old")).Should().Be(ConsoleSecurity.None);

        await host.StartAsync(GuestXml.Firmware("new").Vnc());
        (await SecurityAsync(host, "new")).Should().Be(ConsoleSecurity.X509);
        using var broker = _pki.Client("broker").Identity();
        await using (await ConnectAsync(host, "new", broker))
        {
            // The guest has shown its name within TLS.
        }

        await FluentActions.Invoking(() => ConnectAsync(host, "new", own: null)).Should().ThrowAsync<GuestException>().WithMessage("*want a client certificate*");
        var daemon = await host.ShowAsync("libvirtd.service", "MainPID");

        var again = await host.AgentAsync("qemu-conf", "--apply");
        (again.ExitCode, again.Output).Should().Match<(int Exit, string Output)>(said => said.Exit == 0 && said.Output.Contains("nothing to do", StringComparison.Ordinal));
        (await host.ShowAsync("libvirtd.service", "MainPID")).Should().Be(daemon, "nothing was changed, so nothing was restarted");

        var report = await host.AgentAsync("qemu-conf", "--report");
        report.ExitCode.Should().Be(2);
        report.Output.Should().Contain("Guest old,").And.NotContain("Guest new,");

        // A daemon that waits for its socket to be used is in charge as well.
        await host.RunAsync("systemctl", "stop", "libvirtd.service");
        var reverted = await host.AgentAsync("qemu-conf", "--revert");
        (reverted.ExitCode, reverted.Errors).Should().Be((0, ""), reverted.Output);
        reverted.Output.Should().Contain("2 guests ran through");
        (await File.ReadAllBytesAsync(host.QemuConf)).Should().Equal(original);
        (await host.ProcessOfAsync("old")).Should().Be(old);
        await host.StartAsync(GuestXml.Firmware("back").Vnc());
        (await SecurityAsync(host, "back")).Should().Be(ConsoleSecurity.None);
    }

    [Fact]
    public async Task Two_who_apply_it_at_once_restart_libvirt_once()
    {
        await using var host = await SystemdHost.StartNewAsync();
        WriteCertificates(host);

        var both = await Task.WhenAll(host.AgentAsync("qemu-conf", "--apply"), host.AgentAsync("qemu-conf", "--apply"));

        both.Should().OnlyContain(one => one.ExitCode == 0 && one.Errors == "");
        both.Should().ContainSingle(one => one.Output.Contains("Restarting libvirtd.service", StringComparison.Ordinal));
        both.Should().ContainSingle(one => one.Output.Contains("nothing to do", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_libvirt_does_not_come_back_the_old_text_does_and_the_unit_s_result_is_told()
    {
        await using var host = await SystemdHost.StartNewAsync();
        var original = await File.ReadAllBytesAsync(host.QemuConf);
        WriteCertificates(host);
        await host.StartAsync(GuestXml.Firmware("old").Vnc());
        var old = await host.ProcessOfAsync("old");

        // A unit that fails: its job says so.
        await ChangeUnitAsync(host, "! grep -q ^vnc_tls /etc/libvirt/qemu.conf");
        var failed = await host.AgentAsync("qemu-conf", "--apply");
        failed.ExitCode.Should().Be(1);
        failed.Errors.Should().Contain("/etc/libvirt/qemu.conf is what it was before, and libvirt runs again with it.").And.Contain("its job ended as: failed");
        await LeftAsItWasAsync();

        // A directory that vanishes meanwhile: the job is done, and libvirtd ends at once.
        await ChangeUnitAsync(host, "! grep -q ^vnc_tls /etc/libvirt/qemu.conf || rm -r /etc/pki/libvirt-vnc");
        var ended = await host.AgentAsync("qemu-conf", "--apply");
        ended.ExitCode.Should().Be(1);
        ended.Errors.Should().Contain("is what it was before, and libvirt runs again with it.").And.Contain("libvirtd.service has ended by itself since");
        await LeftAsItWasAsync();

        // And what is missing before is not even written.
        var missing = await host.AgentAsync("qemu-conf", "--apply");
        missing.ExitCode.Should().Be(1);
        missing.Errors.Should().Contain("/etc/pki/libvirt-vnc");
        await LeftAsItWasAsync();

        // What was written and not taken yet is taken by the next one, without writing again.
        WriteCertificates(host);
        await ChangeUnitAsync(host, "true");
        var byHand = await host.AgentAsync("qemu-conf", "--apply", "--connect", "qemu+unix:///system?socket=/run/libvirt/libvirt-sock");
        (byHand.ExitCode, byHand.Errors).Should().Be((2, ""));
        var owed = await host.AgentAsync("qemu-conf", "--apply");
        (owed.ExitCode, owed.Errors).Should().Be((0, ""), owed.Output);
        owed.Output.Should().ContainAll("libvirt was started before it was", "Restarting libvirtd.service", "1 guest ran through");
        (await host.AgentAsync("qemu-conf", "--apply")).Output.Should().Contain("nothing to do");
        (await host.ProcessOfAsync("old")).Should().Be(old);

        async Task LeftAsItWasAsync()
        {
            (await File.ReadAllBytesAsync(host.QemuConf)).Should().Equal(original);
            Directory.GetFiles(Path.GetDirectoryName(host.QemuConf)!, "qemu.conf*").Should().Equal(host.QemuConf);
            (await host.ProcessOfAsync("old")).Should().Be(old);
            (await host.ShowAsync("libvirtd.service", "ActiveState")).Should().Be("active");
        }
    }

    private void WriteCertificates(SystemdHost host)
    {
        var folder = Directory.CreateDirectory($"{host.Pki}/libvirt-vnc").FullName;
        _pki.Server("node1").WriteServerFiles(folder, _pki.RootPem);
        File.WriteAllBytes($"{folder}/dh-params.pem", CertificateVersion.Parameters);

        // QEMU's user reads them; they are worth nothing after the test.
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }

    private static async Task ChangeUnitAsync(SystemdHost host, string beforeStart)
    {
        var lines = $"[Service]\\nExecStartPre=/bin/sh -c '{beforeStart.Replace("'", "'\\''", StringComparison.Ordinal)}'\\n";
        await host.RunAsync("sh", "-c", $"mkdir -p /etc/systemd/system/libvirtd.service.d && printf \"{lines}\" > /etc/systemd/system/libvirtd.service.d/test.conf");
        await host.RunAsync("systemctl", "daemon-reload");
    }

    private static async Task<ConsoleSecurity> SecurityAsync(SystemdHost host, string guest)
    {
        var found = await new ReadinessProbe(TimeProvider.System).ProbeAsync(VncTargets.Console(await host.VncPortAsync(guest)), CancellationToken.None);
        return found!.Security;
    }

    private async Task<GuestEnd> ConnectAsync(SystemdHost host, string guest, Consoles.Common.Tls.TlsIdentity? own) =>
        await VncTargets.Connector(_pki.Trust(), own, allowPlain: false).ConnectAsync(VncTargets.At(await host.VncPortAsync(guest), guest), CancellationToken.None);
}
