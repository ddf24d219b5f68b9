using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.EndToEnd;

/// <summary>What the agent knows of a node whose libvirt and guests are real.</summary>
public sealed class InventoryTests(LibvirtHost host) : IClassFixture<LibvirtHost>
{
    [Fact]
    public async Task Every_kind_of_console_of_a_running_guest_is_known()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        var (raw, telnet, unix, log) = (host.NextPort(), host.NextPort(), host.PathFor("kinds.sock"), host.PathFor("kinds.log"));

        await host.StartAsync(GuestXml.Firmware("kinds").Vnc(keymap: "de", sharePolicy: "force-shared", webSocket: true).SpiceNone()
            .SerialPty(log).SerialTcp(raw).SerialTcp(telnet, telnet: true).SerialUnix(unix).ConsoleVirtio());

        var consoles = (await node.UntilAsync("kinds", domain => domain is { Consoles.Count: 7, State: "running" })).Consoles.ToDictionary(console => console.Name);

        consoles.Keys.Should().Equal("vnc0", "spice0", "serial0", "serial1", "serial2", "serial3", "console1");
        var vnc = consoles["vnc0"];
        (vnc.Transport, vnc.Host, vnc.Port, vnc.Keymap, vnc.SharePolicy).Should().Be((ConsoleTransport.Tcp, "127.0.0.1", await host.VncPortAsync("kinds"), "de", "force-shared"));
        vnc.WebSocketPort.Should().BePositive();
        consoles["spice0"].Transport.Should().Be(ConsoleTransport.None);
        (consoles["serial0"].Transport, consoles["serial0"].LogFile).Should().Be((ConsoleTransport.Pty, log));
        consoles["serial0"].Path.Should().StartWith("/dev/pts/");
        (consoles["serial1"].Port, consoles["serial1"].Telnet).Should().Be((raw, false));
        (consoles["serial2"].Port, consoles["serial2"].Telnet).Should().Be((telnet, true));
        (consoles["serial3"].Transport, consoles["serial3"].Path).Should().Be((ConsoleTransport.Unix, unix));
        consoles["console1"].Transport.Should().Be(ConsoleTransport.Pty);
    }

    [Fact]
    public async Task A_run_of_a_guest_is_its_qemu_process_and_the_next_run_is_another()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        var id = Guid.NewGuid();

        await host.StartAsync(GuestXml.Firmware("again").Id(id).Vnc());
        var first = await node.UntilAsync("again", domain => domain is { Incarnation: not null, State: "running" });

        first.State.Should().Be("running");
        first.Incarnation!.StartTicks.Should().BePositive();
        (await File.ReadAllTextAsync($"/proc/{first.Incarnation.QemuPid}/cmdline")).Should().Contain(id.ToString());

        await host.DestroyAsync("again");
        await node.UntilAsync(snapshot => !snapshot.Domains.ContainsKey(new DomainId(id)));

        await host.StartAsync(GuestXml.Firmware("again").Id(id).Vnc());
        var second = await node.UntilAsync("again", domain => domain.Incarnation is not null);
        second.Incarnation.Should().NotBe(first.Incarnation);
    }

    [Fact]
    public async Task A_guest_has_one_run_however_early_it_is_looked_at()
    {
        await using var slow = await LibvirtHost.StartNewAsync();
        await slow.SlowDownStartsAsync(TimeSpan.FromSeconds(2));
        var options = new LibvirtOptions { Uri = slow.Uri };
        await using var connection = await LibvirtConnection.OpenAsync(options, readOnly: true, _ => { }, TimeProvider.System, default);
        var reader = new DomainReader(new Incarnations(Options.Create(options)));
        List<DomainReport> seen = [];

        var start = slow.StartAsync(GuestXml.Firmware("early").SpiceNone());

        while (!start.IsCompleted)
        {
            await LookAsync();
        }

        await start;
        await LookAsync();
        seen.Where(report => report.Incarnation is null).Should().NotBeEmpty(because: "it was looked at while QEMU was not there yet").And.OnlyContain(report => report.Consoles.Count == 0);
        seen[^1].Consoles.Should().ContainSingle();
        seen.Select(report => report.Incarnation).OfType<Incarnation>().Distinct().Should().ContainSingle().Which.StartTicks.Should().BePositive();

        async Task LookAsync() => seen.AddRange((await reader.ReadAllAsync(connection, default)).Select(reading => reading.Report).OfType<DomainReport>());
    }

    [Fact]
    public async Task A_guest_that_is_started_paused_has_its_consoles()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        var file = host.PathFor("waiting.xml");
        await File.WriteAllTextAsync(file, GuestXml.Firmware("waiting").Vnc().ToString());

        await host.VirshAsync("create", "--paused", file);

        (await node.UntilAsync("waiting", domain => domain is { State: "paused", Consoles.Count: 1 })).Incarnation.Should().NotBeNull();
    }

    [Fact]
    public async Task A_guest_that_is_reset_or_paused_stays_in_its_run()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        await host.StartAsync(GuestXml.Firmware("steady").Vnc());
        var before = await node.UntilAsync("steady", domain => domain.State == "running");

        await host.VirshAsync("reset", "steady");
        await host.VirshAsync("suspend", "steady");

        (await node.UntilAsync("steady", domain => domain.State == "paused")).Incarnation.Should().Be(before.Incarnation);
    }

    [Fact]
    public async Task A_guest_whose_qemu_is_killed_is_gone()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        await host.StartAsync(GuestXml.Firmware("victim").Vnc());
        await node.UntilAsync("victim");

        await host.SignalGuestAsync("victim", "KILL");

        await node.UntilAsync(snapshot => snapshot.Domains.Values.All(domain => domain.Name != "victim"));
    }

    [Fact]
    public async Task A_guest_that_is_shut_off_is_listed_without_consoles()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        var file = host.PathFor("off.xml");
        await File.WriteAllTextAsync(file, GuestXml.Firmware("off").Vnc().SerialPty().ToString());

        await host.VirshAsync("define", file);
        var off = await node.UntilAsync("off");
        (off.State, off.Incarnation, off.Consoles.Count).Should().Be(("shutoff", null, 0));

        await host.VirshAsync("start", "off");
        (await node.UntilAsync("off", domain => domain.State == "running")).Consoles.Should().HaveCount(2);

        await host.DestroyAsync("off");
        await node.UntilAsync("off", domain => domain is { State: "shutoff", Incarnation: null, Consoles.Count: 0 });

        await host.VirshAsync("undefine", "off");
        await node.UntilAsync(snapshot => snapshot.Domains.Values.All(domain => domain.Name != "off"));
    }

    [Fact]
    public async Task A_serial_line_that_is_plugged_in_later_is_found()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        var file = host.PathFor("line.xml");
        await File.WriteAllTextAsync(file, $"<serial type='unix'><source mode='bind' path='{host.PathFor("line.sock")}'/><target type='pci-serial'/></serial>");
        await host.StartAsync(GuestXml.Firmware("plug").Vnc());
        await node.UntilAsync("plug", domain => domain.Consoles.Count == 1);

        await host.VirshAsync("attach-device", "plug", file, "--live");

        (await node.UntilAsync("plug", domain => domain.Consoles.Count == 2)).Consoles[1].Path.Should().Be(host.PathFor("line.sock"));
    }

    [Fact]
    public async Task A_guest_whose_xml_is_refused_hides_no_other()
    {
        await using var node = await NodeUnderTest.StartAsync(host.Uri);
        await host.StartAsync(GuestXml.Firmware("bidi\u202egnp").Vnc());
        await host.StartAsync(GuestXml.Firmware("plain").Vnc());

        var refused = await node.UntilAsync("bidi\\u202egnp");
        refused.Refusal.Should().Be("the name holds a character that cannot be seen: bidi\\u202egnp");
        refused.Consoles.Should().BeEmpty();
        (await node.UntilAsync("plain")).Refusal.Should().BeNull();
    }
}
