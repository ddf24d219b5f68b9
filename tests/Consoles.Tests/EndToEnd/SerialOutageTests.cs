using System.Text;
using Consoles.Agent.Relays;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>What a serial line goes through and stays the same line: its guest's reboot, its QEMU's end, its libvirtd's restart.</summary>
public sealed class SerialOutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Boot = TimeSpan.FromMinutes(3);

    private readonly LibvirtHost _host = new();
    private SerialNode? _node;

    private SerialNode Node => _node!;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _node = await SerialNode.StartAsync(_host.Uri);
    }

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_line_outlives_a_reboot_a_restart_of_libvirtd_and_the_next_run_of_its_domain()
    {
        var guest = GuestXml.Linux("phoenix", await GuestImage.GetAsync()).Id(Guid.NewGuid()).SerialPty().SerialUnix(_host.PathFor("phoenix.sock"));
        await _host.StartAsync(guest);
        await using var ada = await Node.WatchAsync("phoenix", "serial0");
        await using var bob = await Node.WatchAsync("phoenix", "serial1", "bob");
        await ada.SeesAsync(":/root#", Boot);
        await bob.SeesAsync(":/root#", Boot);

        // The guest boots anew, and nobody notices but by what it says.
        await ada.TypeAsync("\rreboot -f\r");
        await Eventually.TrueAsync(() => Count(ada.Text, "is ready on ttyS0") == 2 && Count(bob.Text, "is ready on ttyS1") == 2, Boot);
        ada.States.Should().HaveCount(1);

        // libvirtd goes and comes: the pty is let go and opened again, the socket does not care.
        await _host.StopDaemonAsync();
        await ada.AttachedAsync(attached: false);
        await _host.StartDaemonAsync();
        await ada.AttachedAsync();
        await ada.TypeAsync("\recho back-$((6*7))\r");
        await ada.SeesAsync("back-42");
        bob.States.Should().HaveCount(1);

        // A run ends, and with it what was opened for it; the line's past is there for the next.
        var run = await Node.RunOfAsync("phoenix");
        await _host.DestroyAsync("phoenix");
        await ada.Ended.WaitAsync(TimeSpan.FromSeconds(60));
        await bob.Ended.WaitAsync(TimeSpan.FromSeconds(60));
        await _host.StartAsync(guest);
        await Node.RunOfAsync("phoenix", other: run);

        await using var late = await Node.WatchAsync("phoenix", "serial0", "late");
        await late.SeesAsync("back-42");
        await late.SeesAsync("[The domain was started anew, ");
        await Eventually.TrueAsync(() => Count(late.Text, "is ready on ttyS0") == 3, Boot, () => late.Text);

        // The guest goes on to say something.
        await Eventually.TrueAsync(
            async () => await Node.PastAsync("phoenix", "serial0", 40) is { Length: 40 } past && late.Text.EndsWith(Encoding.UTF8.GetString(past), StringComparison.Ordinal),
            because: () => late.Text);

        (await FluentActions.Awaiting(() => Node.OpenAsync("phoenix", new SerialSource("serial0", "ada", MayWrite: true, Force: false), run)).Should().ThrowAsync<StreamOpenException>())
            .Which.Fault.Should().Be(StreamFault.NoSuchRun);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
