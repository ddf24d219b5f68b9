using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>VNC consoles of real guests, of every sort, carried by the agent.</summary>
public sealed class RelayedVncTests(LibvirtHost libvirt) : IClassFixture<LibvirtHost>
{
    [Theory]
    [InlineData("tcp")]
    [InlineData("unix")]
    [InlineData("none")]
    [InlineData("password")]
    [InlineData("two")]
    public async Task A_vnc_console_opens_wherever_it_listens_and_moves_bytes_both_ways(string sort)
    {
        var name = $"relayed-{sort}";
        var guest = GuestXml.Firmware(name);
        await using var fleet = await Fleet.StartAsync(libvirt);

        await libvirt.StartAsync(sort switch
        {
            "tcp" => guest.Vnc(),
            "unix" => guest.VncUnix(libvirt.PathFor("relayed.sock")),
            "none" => guest.VncNone(),
            "two" => guest.SpiceNone().VncNone(),
            _ => guest.Vnc(password: "hidden"),
        });
        await fleet.WaitForConsoleAsync(name);

        using var viewer = await fleet.OpenViewerAsync(name);

        (await viewer.HandshakeAsync()).Should().Be($"QEMU ({name})");
        (await viewer.FirstUpdateAsync()).Should().BeGreaterThan(0);
        fleet.Logs.Text.Should().Contain("Carrying GraphicsSource").And.NotContain("hidden");
    }

    [Fact]
    public async Task What_the_node_does_not_have_is_refused_in_words()
    {
        await using var fleet = await Fleet.StartAsync(libvirt);
        await libvirt.StartAsync(GuestXml.Firmware("present").VncNone());
        var (run, _) = await fleet.WaitForConsoleAsync("present");

        await RefusedAsync(new Incarnation(new DomainId(Guid.NewGuid()), run.StartTicks, run.QemuPid), "vnc0", StreamFault.NoSuchRun);
        await RefusedAsync(run with { StartTicks = run.StartTicks - 1 }, "vnc0", StreamFault.NoSuchRun);
        await RefusedAsync(run with { QemuPid = Environment.ProcessId }, "vnc0", StreamFault.NoSuchRun);
        await RefusedAsync(run, "vnc1", StreamFault.NoSuchConsole);
        await RefusedAsync(run, "serial0", StreamFault.NoSuchConsole);
        await Eventually.TrueAsync(() => fleet.StreamsOfAgent == 0);

        async Task RefusedAsync(Incarnation wanted, string console, StreamFault fault)
        {
            var opening = () => fleet.Broker.Get<IAgentStreams>().OpenAsync("node1", wanted, new GraphicsSource(console), CancellationToken.None);
            (await opening.Should().ThrowAsync<AgentStreamException>()).Which.Fault.Should().Be(fault);
        }
    }

    [Fact]
    public async Task Policy_chooses_the_way_for_a_node_and_before_that_for_a_domain()
    {
        await using var fleet = await Fleet.StartAsync(libvirt, "node1", "--Routes:Nodes:node1=Direct", "--Routes:Domains:policy-relayed=Relayed");
        await libvirt.StartAsync(GuestXml.Firmware("policy-direct").Vnc());
        await libvirt.StartAsync(GuestXml.Firmware("policy-relayed").Vnc());
        await libvirt.StartAsync(GuestXml.Firmware("policy-portless").VncNone());

        (await fleet.ViaAsync("policy-direct")).Should().Be("direct");
        (await fleet.ViaAsync("policy-relayed")).Should().Be("relayed");
        (await fleet.ViaAsync("policy-portless")).Should().Be("relayed", because: "there is nothing to dial");

        using var direct = await fleet.OpenViewerAsync("policy-direct");
        (await direct.HandshakeAsync()).Should().Be("QEMU (policy-direct)");
        fleet.Logs.Text.Should().NotContain("Carrying");

        using var relayed = await fleet.OpenViewerAsync("policy-relayed");
        (await relayed.HandshakeAsync()).Should().Be("QEMU (policy-relayed)");
        fleet.Logs.Text.Should().Contain("Carrying");
    }

    [Fact]
    public async Task Without_its_agent_a_node_is_dialled_where_that_can_be()
    {
        await using var fleet = await Fleet.StartAsync(libvirt);
        await libvirt.StartAsync(GuestXml.Firmware("agentless").Vnc());
        await libvirt.StartAsync(GuestXml.Firmware("agentless-portless").VncNone());
        (await fleet.ViaAsync("agentless")).Should().Be("relayed");
        (await fleet.ViaAsync("agentless-portless")).Should().Be("relayed");

        await fleet.Agent.StopAsync();

        // The agent has said farewell; that it is gone, the broker notes a moment later.
        await Eventually.TrueAsync(async () => await fleet.ViaAsync("agentless") == "direct");
        (await fleet.ViaAsync("agentless-portless")).Should().BeNull();
        using var viewer = await fleet.OpenViewerAsync("agentless");
        (await viewer.HandshakeAsync()).Should().Be("QEMU (agentless)");
        (await fleet.WhyNotAsync("agentless-portless")).Should().Contain("agent of node node1 is not connected");
    }

    [Fact]
    public async Task A_session_ends_with_the_reason_when_its_agent_stops_and_the_next_one_works()
    {
        await using var fleet = await Fleet.StartAsync(libvirt);
        await libvirt.StartAsync(GuestXml.Firmware("restarted").VncNone());
        await fleet.WaitForConsoleAsync("restarted");
        using var viewer = await fleet.OpenViewerAsync("restarted");
        (await viewer.HandshakeAsync()).Should().Be("QEMU (restarted)");

        await fleet.RestartAgentAsync();
        await viewer.DrainAsync();

        viewer.Code.Should().Be((System.Net.WebSockets.WebSocketCloseStatus)CloseCode.GuestUnreachable);
        viewer.Reason.Should().Contain("agent");
        await Eventually.TrueAsync(async () => await fleet.ViaAsync("restarted") == "relayed");
        using var next = await fleet.OpenViewerAsync("restarted");
        (await next.HandshakeAsync()).Should().Be("QEMU (restarted)");
    }

    [Fact]
    public async Task A_session_ends_with_the_reason_when_the_broker_stops_and_the_next_one_works()
    {
        await using var fleet = await Fleet.StartAsync(libvirt);
        await libvirt.StartAsync(GuestXml.Firmware("rebrokered").VncNone());
        using var viewer = await fleet.OpenViewerAsync("rebrokered");
        (await viewer.HandshakeAsync()).Should().Be("QEMU (rebrokered)");

        var restarting = fleet.RestartBrokerAsync();
        await viewer.DrainAsync();
        viewer.Code.Should().Be((System.Net.WebSockets.WebSocketCloseStatus)CloseCode.BrokerStopping);
        viewer.Reason.Should().Be(SessionEnding.BrokerStopping.Reason);
        await restarting;

        await fleet.WaitForConsoleAsync("rebrokered");
        await Eventually.TrueAsync(async () => await fleet.ViaAsync("rebrokered") == "relayed");
        using var next = await fleet.OpenViewerAsync("rebrokered");
        (await next.HandshakeAsync()).Should().Be("QEMU (rebrokered)");
        await Eventually.TrueAsync(() => fleet.StreamsOfAgent == 1, because: () => "that of the broker before has ended");
    }

    [Fact]
    public async Task Two_hundred_streams_of_one_agent_at_once_carry_each_its_own_bytes()
    {
        const int Streams = 200;
        await using var fleet = await Fleet.StartAsync(libvirt);
        var runs = new List<(string Name, Incarnation Run)>();

        // QEMU takes 32 viewers of one console.
        for (var number = 0; number < 8; number++)
        {
            await libvirt.StartAsync(GuestXml.Firmware($"crowd{number}").VncNone());
            runs.Add(($"crowd{number}", (await fleet.WaitForConsoleAsync($"crowd{number}")).Run));
        }

        var agents = fleet.Broker.Get<IAgentStreams>();
        var opened = new List<(string Name, Stream Stream)>();

        // Open at once, and asked for in a few goes: the broker waits for none longer than ten seconds.
        foreach (var go in Enumerable.Range(0, Streams).Chunk(20))
        {
            opened.AddRange(await Task.WhenAll(go.Select(async number =>
            {
                var (name, run) = runs[number % runs.Count];
                return (Name: name, Stream: await agents.OpenAsync("node1", run, new GraphicsSource("vnc0"), CancellationToken.None));
            })));
        }

        fleet.StreamsOfAgent.Should().Be(Streams);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));

        foreach (var (name, stream) in opened)
        {
            await using (stream)
            {
                (await RfbGuestHandshake.RunAsync(stream, Anything, limit.Token)).Init.Name.Should().Be($"QEMU ({name})");
            }
        }

        await Eventually.TrueAsync(() => fleet.StreamsOfAgent == 0);
    }

    private static RfbGuestPolicy Anything { get; } = new()
    {
        AllowPlain = true,
        Secure = (_, _) => throw new InvalidOperationException("libvirt's descriptor needs no TLS."),
        Password = _ => throw new InvalidOperationException("libvirt's descriptor needs no password."),
    };
}
