using Consoles.Broker.Authority;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A node whose QEMUs speak VNC inside TLS alone, and want to see the broker's certificate.</summary>
public sealed class RelayedVncTlsTests : IAsyncLifetime
{
    // QEMU's user reads it, so it is nobody's own.
    private readonly string _certificates = Directory.CreateTempSubdirectory("consoles-certificates-").FullName;
    private LibvirtHost _libvirt = null!;

    public async Task InitializeAsync()
    {
        File.SetUnixFileMode(_certificates, LibvirtHostFiles.ForAll);
        _libvirt = await LibvirtHost.StartNewAsync(VncTls.Settings(_certificates));
    }

    public async Task DisposeAsync()
    {
        await _libvirt.DisposeAsync();
        Directory.Delete(_certificates, recursive: true);
    }

    [Theory]
    [InlineData("Relayed")]
    [InlineData("Direct")]
    public async Task It_opens_either_way(string route)
    {
        await using var fleet = await StartFleetAsync($"--Routes:Default={route}");
        var name = $"tls-{route}";
        await _libvirt.StartAsync(GuestXml.Firmware(name).Vnc());

        using var viewer = await fleet.OpenViewerAsync(name);

        (await viewer.HandshakeAsync()).Should().Be($"QEMU ({name})");
        (await viewer.FirstUpdateAsync()).Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task While_libvirt_is_away_the_agent_dials_the_console_and_the_broker_secures_it()
    {
        await using var fleet = await StartFleetAsync();
        await _libvirt.StartAsync(GuestXml.Firmware("tcp").Vnc());
        await _libvirt.StartAsync(GuestXml.Firmware("unix").VncUnix(_libvirt.PathFor("tls.sock")));
        await _libvirt.StartAsync(GuestXml.Firmware("nowhere").VncNone());
        await fleet.WaitForConsoleAsync("nowhere");
        await _libvirt.StopDaemonAsync();
        await Eventually.TrueAsync(() => fleet.Directory.Nodes.Single().Libvirt is { Connected: false });

        foreach (var name in (string[])["tcp", "unix"])
        {
            using var viewer = await fleet.OpenViewerAsync(name);
            (await viewer.HandshakeAsync()).Should().Be($"QEMU ({name})", because: $"{viewer.Reason} {fleet.Logs.Text}");
            (await viewer.FirstUpdateAsync()).Should().BeGreaterThan(0);
        }

        using var none = await fleet.OpenViewerAsync("nowhere");
        (await none.HandshakeAsync()).Should().BeNull();
        none.Reason.Should().Contain("libvirt");
    }

    private async Task<Fleet> StartFleetAsync(params string[] settings)
    {
        var fleet = await Fleet.StartAsync(_libvirt, "node1", settings);
        await VncTls.WriteAsync(fleet.Broker, "node1", _certificates);
        return fleet;
    }
}
