using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Rotation;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.EndToEnd;

/// <summary>Certificates that are replaced under guests that run, on real QEMU: what they serve, who stays connected, and what goes wrong.</summary>
[Collection(Alone.Name)]
public sealed class RotationTests : IAsyncLifetime
{
    private RotatingNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await RotatingNode.StartAsync(agentSettings: ["--Rotation:ProofWithin=00:00:05", "--Relays:Serial:ScrollbackOff:0=held"]);
        await _node.UntilInstalledAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_running_guest_serves_the_new_certificate_and_its_sessions_go_on()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("web").Vnc());
        using var before = await _node.Fleet.OpenViewerAsync("web");
        (await before.HandshakeAsync()).Should().Be("QEMU (web)");
        var first = await _node.UntilAsync("web", CertificateCondition.Fresh);

        await _node.Rotation.RenewNowAsync(CancellationToken.None);

        var second = await _node.UntilAsync("web", CertificateCondition.Fresh);
        (second.Condition, second.Reason, second.Served!.Serial).Should().Be((CertificateCondition.Fresh, null, _node.SerialOnDisk()));
        second.Served.Serial.Should().NotBe(first.Served!.Serial);
        second.Served.Names.Should().Contain("node1");
        second.Incarnation.Should().Be(first.Incarnation);
        (await before.FirstUpdateAsync()).Should().BeGreaterThan(0, because: "the session that was open goes on");
        using var after = await _node.Fleet.OpenViewerAsync("web");
        (await after.HandshakeAsync()).Should().Be("QEMU (web)");
    }

    [Fact]
    public async Task Strangers_in_the_middle_of_their_handshake_do_not_end_the_guest()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("besieged").Vnc());
        var run = (await _node.UntilAsync("besieged", CertificateCondition.Fresh)).Incarnation;
        var parked = new List<ParkedHandshake>();

        // QEMU takes 32 connections, of which this agent's probe may have one at the moment.
        await Eventually.TrueAsync(
            async () =>
            {
                if (await _node.TryParkAsync("besieged") is { } one)
                {
                    parked.Add(one);
                }

                return parked.Count == 32;
            },
            TimeSpan.FromSeconds(60));

        await _node.Rotation.RenewNowAsync(CancellationToken.None);

        var standing = await _node.UntilAsync("besieged", CertificateCondition.Fresh);
        (standing.Condition, standing.Reason, standing.Served!.Serial).Should().Be((CertificateCondition.Fresh, null, _node.SerialOnDisk()), because: "it was reloaded while they were there");

        var came = 0;

        foreach (var stranger in parked)
        {
            came += await stranger.GoOnAsync() ? 1 : 0;
            await stranger.DisposeAsync();
        }

        came.Should().BeLessThan(8, because: "their connections were ended, but for those few that QEMU had closed itself to make room for the agent's probe");
        standing.Incarnation.Should().Be(run, because: "its QEMU is the one it was");
        using var viewer = await _node.Fleet.OpenViewerAsync("besieged");
        (await viewer.HandshakeAsync()).Should().Be("QEMU (besieged)");
    }

    [Fact]
    public async Task Without_the_brokers_word_nobody_is_cut_off_and_the_guest_is_pending()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("waiting").Vnc());
        var before = await _node.UntilAsync("waiting", CertificateCondition.Fresh);
        var papers = await OrderAsync();
        await using var parked = await _node.ParkAsync("waiting");
        await _node.Fleet.Broker.StopAsync();

        await InstallAsync(papers);
        await _node.Rotation.VerifyAsync(now: true, CancellationToken.None);

        // A machine that is slow enough may have it given up for another reason at first; it is tried again.
        await Eventually.TrueAsync(
            () => _node.StandingOf("waiting")?.Reason?.Contains("connections to it may be in a handshake", StringComparison.Ordinal) == true, because: () => $"{_node.StandingOf("waiting")}");
        var standing = _node.StandingOf("waiting")!;
        (standing.Condition, standing.Served!.Serial).Should().Be((CertificateCondition.Pending, before.Served!.Serial));
        standing.By.Should().Be(before.Served.NotAfter);

        (await parked.GoOnAsync()).Should().BeTrue(because: "it was left alone");
        await parked.DisposeAsync();
        (await _node.UntilAsync("waiting", CertificateCondition.Fresh)).Served!.Serial.Should().Be(_node.SerialOnDisk());
    }

    [Fact]
    public async Task A_port_that_a_dead_agent_left_closed_is_opened_again()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("shut").Vnc());
        await _node.UntilAsync("shut", CertificateCondition.Fresh);
        await _node.Host.VirshAsync("qemu-monitor-command", "shut", """{"execute":"display-update","arguments":{"type":"vnc","addresses":[]}}""");

        await _node.Rotation.VerifyAsync(now: true, CancellationToken.None);

        await _node.UntilAsync("shut", CertificateCondition.Fresh);
        using var viewer = await _node.Fleet.OpenViewerAsync("shut");
        (await viewer.HandshakeAsync()).Should().Be("QEMU (shut)");
    }

    [Fact]
    public async Task SPICE_needs_a_restart_and_says_by_when()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("slow").Spice());
        var first = await _node.UntilAsync("slow", CertificateCondition.Fresh, "spice0");

        await _node.Rotation.RenewNowAsync(CancellationToken.None);

        var standing = _node.StandingOf("slow", "spice0")!;
        (standing.Condition, standing.By, standing.Served!.Serial).Should().Be((CertificateCondition.NeedsRestart, first.Served!.NotAfter, first.Served.Serial));
        await _node.Host.DestroyAsync("slow");
        await _node.Host.StartAsync(GuestXml.Firmware("slow").Spice());
        (await _node.UntilAsync("slow", CertificateCondition.Fresh, "spice0")).Served!.Serial.Should().Be(_node.SerialOnDisk(CertificateUse.Spice));
    }

    [Fact]
    public async Task A_serial_console_in_TLS_takes_it_when_nobody_is_connected()
    {
        var log = _node.Host.PathFor("line.log");
        await _node.Host.StartAsync(GuestXml.Firmware("line").SerialTcp(_node.Host.NextPort(), tls: true, log: log));
        var first = await _node.UntilAsync("line", CertificateCondition.Fresh, "serial0");

        // An agent that died in the middle left its trial behind.
        await _node.Host.VirshAsync(
            "qemu-monitor-command", "line", $$$"""{"execute":"object-add","arguments":{"qom-type":"tls-creds-x509","id":"consoles-trial0","dir":"{{{_node.Folder}}}/chardev","endpoint":"server"}}""");

        await _node.Rotation.RenewNowAsync(CancellationToken.None);

        var standing = await _node.UntilAsync("line", CertificateCondition.Fresh, "serial0");
        (standing.Condition, standing.Served!.Serial).Should().Be((CertificateCondition.Fresh, _node.SerialOnDisk(CertificateUse.Chardev)));
        standing.Served.Serial.Should().NotBe(first.Served!.Serial);
        standing.Incarnation.Should().Be(first.Incarnation);

        // The log of the line survives the replacement of its backend.
        var logged = new FileInfo(log).Length;
        await _node.Host.VirshAsync("reset", "line");
        await Eventually.TrueAsync(() => new FileInfo(log).Length > logged);
    }

    [Fact]
    public async Task A_serial_console_that_somebody_holds_is_left_alone_until_they_leave()
    {
        var port = _node.Host.NextPort();
        await _node.Host.StartAsync(GuestXml.Firmware("held").SerialTcp(port, tls: true));
        await _node.UntilAsync("held", CertificateCondition.Fresh, "serial0");

        using (var holder = new TcpClient())
        {
            await holder.ConnectAsync("127.0.0.1", port);
            using var own = X509Certificate2.CreateFromPemFile(Path.Combine(_node.Folder, "chardev/server-cert.pem"), Path.Combine(_node.Folder, "chardev/server-key.pem"));
            await using var secured = new SslStream(holder.GetStream());
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { ClientCertificates = [own], RemoteCertificateValidationCallback = (_, _, _, _) => true });
            await Eventually.TrueAsync(async () => !(await _node.Host.VirshAsync("qemu-monitor-command", "held", """{"execute":"query-chardev"}""")).Contains("disconnected:", StringComparison.Ordinal));
            await _node.Rotation.RenewNowAsync(CancellationToken.None);

            var standing = _node.StandingOf("held", "serial0")!;
            standing.Condition.Should().NotBe(CertificateCondition.Fresh);
            standing.Reason.Should().Contain("connected");
        }

        (await _node.UntilAsync("held", CertificateCondition.Fresh, "serial0")).Served!.Serial.Should().Be(_node.SerialOnDisk(CertificateUse.Chardev));
    }

    [Fact]
    public async Task A_set_that_one_guest_refuses_is_taken_back_everywhere()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("good").Vnc());
        await _node.UntilAsync("good", CertificateCondition.Fresh);
        var before = _node.SerialOnDisk();

        // Its QEMU runs as another user, to whom the present key was opened by hand, as to nobody else's the next one will be.
        File.SetUnixFileMode(Path.Combine(_node.Vnc, "server-key.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        OpenToAll(_node.Vnc);
        await _node.Host.StartAsync(GuestXml.Firmware("foreign").Vnc().ToString().Replace("</domain>", "<seclabel type='static' model='dac' relabel='no'><label>+65534:+65534</label></seclabel></domain>", StringComparison.Ordinal));
        await _node.UntilAsync("foreign", CertificateCondition.Fresh);

        await FluentActions.Awaiting(() => _node.Rotation.RenewNowAsync(CancellationToken.None)).Should().ThrowAsync<CertificateException>();
        var refused = await FluentActions.Awaiting(() => _node.Rotation.RenewNowAsync(CancellationToken.None)).Should().ThrowAsync<CertificateException>();

        refused.Which.Message.Should().Contain("QEMU refused the new certificate");
        _node.SerialOnDisk().Should().Be(before);
        (await _node.UntilAsync("good", CertificateCondition.Fresh)).Served!.Serial.Should().Be(before, because: "it was given the one before again");
        _node.Certificates.Sets.Single(set => set.Use == CertificateUse.Vnc).Fault.Should().NotBeNull();
        _node.Fleet.Logs.Text.Should().Contain("Put back the certificate before");
        _node.Fleet.Agent.Services.GetRequiredService<RotationSchedule>().FaultOf(_node.Vnc)!.Failures.Should().Be(2, because: "each attempt waits longer than the one before");
    }

    [Fact]
    public async Task While_the_broker_is_away_the_set_stays_and_the_next_attempt_is_announced()
    {
        var before = _node.SerialOnDisk();
        await _node.Fleet.Broker.StopAsync();

        await FluentActions.Awaiting(() => _node.Rotation.RenewNowAsync(CancellationToken.None)).Should().ThrowAsync<CertificateException>();

        var set = _node.Certificates.Sets.Single(set => set.Use == CertificateUse.Vnc);
        set.Certificate!.Serial.Should().Be(before);
        set.Fault.Should().Contain("not reachable");
        set.RetryAt.Should().BeAfter(TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task Rotations_at_the_same_time_come_one_after_the_other()
    {
        await _node.Host.StartAsync(GuestXml.Firmware("once").Vnc());
        var run = (await _node.UntilAsync("once", CertificateCondition.Fresh)).Incarnation;

        await Task.WhenAll(
            _node.Rotation.RenewNowAsync(CancellationToken.None),
            _node.Rotation.LookAsync(CancellationToken.None),
            _node.Rotation.VerifyAsync(now: true, CancellationToken.None),
            _node.Rotation.RenewNowAsync(CancellationToken.None));

        var standing = await _node.UntilAsync("once", CertificateCondition.Fresh);
        (standing.Served!.Serial, standing.Incarnation).Should().Be((_node.SerialOnDisk(), run));
        Directory.GetDirectories(Path.Combine(_node.Vnc, "v")).Should().HaveCount(2);
    }

    [Fact]
    public async Task While_another_process_is_at_it_this_one_waits()
    {
        var files = Options.Create(new IdentityOptions { StateDirectory = _node.Fleet.AgentState });
        var before = _node.SerialOnDisk();
        Task renewing;

        using (await new RotationLock(files, TimeProvider.System).TryTakeAsync(TimeSpan.FromSeconds(20), CancellationToken.None))
        {
            renewing = _node.Rotation.RenewNowAsync(CancellationToken.None);
            (await new RotationLock(files, TimeProvider.System).TryTakeAsync(TimeSpan.FromSeconds(1), CancellationToken.None)).Should().BeNull();
            renewing.IsCompleted.Should().BeFalse();
            _node.SerialOnDisk().Should().Be(before);
        }

        await renewing;
        _node.SerialOnDisk().Should().NotBe(before);
    }

    private static void OpenToAll(string directory)
    {
        foreach (var folder in Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories).Prepend(directory))
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
    }

    private async Task<(CertificatePapers Papers, string Plan)> OrderAsync() =>
        await HostCertificateOrder.PlaceAsync(_node.Fleet.Agent.Services.GetRequiredService<CurrentIdentity>().Get().Identity, CancellationToken.None);

    private Task<InstalledSet> InstallAsync((CertificatePapers Papers, string Plan) order) =>
        _node.Fleet.Agent.Services.GetRequiredService<CertificateFiles>().InstallAsync(_node.Vnc, order.Papers, order.Plan, "node1", CancellationToken.None);
}
