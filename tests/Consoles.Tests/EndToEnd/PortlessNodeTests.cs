using System.Text;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A guest whose consoles listen nowhere, on a node where nothing of ours listens.</summary>
public sealed class PortlessNodeTests(LibvirtHost libvirt) : IClassFixture<LibvirtHost>
{
    private const string Guest = "portless";

    [Fact]
    public async Task A_guest_without_any_port_is_fully_usable_and_the_agent_listens_nowhere()
    {
        await using var fleet = await Fleet.StartAsync(libvirt);
        await fleet.Agent.StopAsync();
        using var agent = AgentProcess.Start(fleet.AgentState, libvirt.Uri);
        await libvirt.StartAsync(GuestXml.Linux(Guest, await GuestImage.GetAsync()).VncNone().SpiceNone().SerialPty());
        var (run, _) = await fleet.WaitForConsoleAsync(Guest, "serial0");
        await Eventually.TrueAsync(async () => await fleet.ViaAsync(Guest, "serial0") == "relayed");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));

        // The screen.
        using var viewer = await fleet.OpenViewerAsync(Guest);
        (await viewer.HandshakeAsync()).Should().Be($"QEMU ({Guest})");
        (await viewer.FirstUpdateAsync()).Should().BeGreaterThan(0);

        // The screen's other protocol: QEMU's answer to a link message (spice-protocol, SpiceLinkHeader).
        await using var spice = await fleet.Broker.Get<IAgentStreams>().OpenAsync("node1", run, new GraphicsSource("spice0"), limit.Token);
        await spice.WriteAsync(SpiceLink(), limit.Token);
        var magic = new byte[4];
        await spice.ReadExactlyAsync(magic, limit.Token);
        magic.Should().Equal("REDQ"u8.ToArray());

        // The serial line.
        await using var serial = await fleet.Broker.Get<IAgentStreams>().OpenAsync("node1", run, new SerialSource("serial0", "ada", MayWrite: true, Force: false), limit.Token);
        await ReadUntilAsync(serial, $"{Guest}:/root#", limit.Token);
        await serial.WriteAsync(SerialFrame.Encode(SerialFrameType.Input, "echo $((6*7))x\r"u8), limit.Token);
        await ReadUntilAsync(serial, "42x", limit.Token);

        agent.ListeningSockets().Should().BeEmpty();
    }

    private static async Task ReadUntilAsync(Stream stream, string wanted, CancellationToken cancellationToken)
    {
        var reader = new SerialFrameReader(stream);
        var text = new StringBuilder();

        while (!text.ToString().Contains(wanted, StringComparison.Ordinal))
        {
            var frame = await reader.ReadAsync(cancellationToken) ?? throw new EndOfStreamException($"The line ended before '{wanted}': {text}");

            if (frame.Type is SerialFrameType.Past or SerialFrameType.Data)
            {
                text.Append(Encoding.UTF8.GetString(frame.Payload.Span));
            }
        }
    }

    // Magic, version 2.2, 18 bytes: connection 0, main channel 1, id 0, no capabilities, their offset.
    private static byte[] SpiceLink() =>
    [
        .. "REDQ"u8, 2, 0, 0, 0, 2, 0, 0, 0, 18, 0, 0, 0,
        0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18, 0, 0, 0,
    ];
}
