using System.Net.Sockets;
using Consoles.Agent.Relays;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>Serial consoles that somebody outside of Consoles has open: QEMU and libvirt serve one.</summary>
public sealed class SerialHeldTests : IAsyncLifetime
{
    private static readonly TimeSpan Boot = TimeSpan.FromMinutes(3);

    private readonly LibvirtHost _host = new();
    private SerialNode? _node;
    private int _port;

    private SerialNode Node => _node!;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _port = _host.NextPort();
        await _host.StartAsync(GuestXml.Firmware("loose").SerialPty().SerialTcp(_port).SerialUnix(_host.PathFor("loose.sock")));
        _node = await SerialNode.StartAsync(_host.Uri, ("Relays:Serial:ScrollbackOff:0", "loose"), ("Libvirt:LockDirectory", $"{_host.Folder}/run/lock"));
        await _node.RunOfAsync("loose");
    }

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_pty_held_by_virsh_is_refused_in_words_and_taken_by_force()
    {
        await using var virsh = await VirshConsole.StartAsync(_host, "loose", "serial0");
        await LockedAsync();

        var refused = await RefusalAsync("serial0", force: false);
        refused.Fault.Should().Be(StreamFault.Held);
        refused.Message.Should().Be("Somebody on the node has this console open, such as with virsh console.");

        await using var ada = await Node.WatchAsync("loose", "serial0", force: true);
        await ada.AttachedAsync();
        await virsh.EndAsync();
        ada.IsAttached.Should().BeTrue();
    }

    [Fact]
    public async Task A_viewer_whose_pty_is_taken_by_virsh_is_told_and_has_it_back_when_virsh_leaves()
    {
        await using var ada = await Node.WatchAsync("loose", "serial0");
        await ada.AttachedAsync();

        await using (await VirshConsole.StartAsync(_host, "loose", "serial0 --force"))
        {
            await ada.IsToldAsync("Somebody on the node has this console open");
        }

        await ada.AttachedAsync();
    }

    [Fact]
    public async Task A_viewer_of_a_guest_that_never_stops_talking_is_told_each_time_that_virsh_takes_the_pty_and_has_it_back()
    {
        await _host.StartAsync(GuestXml.Linux("busy", await GuestImage.GetAsync()).SerialPty());
        await using var ada = await Node.WatchAsync("busy", "serial0");
        await ada.SeesAsync(":/root#", Boot);
        await ada.TakeAsync();
        await ada.TypeAsync("\rstty raw; yes\r");

        // libvirtd tells who loses a console only while nothing is on its way to them.
        for (var time = 0; time < 8; time++)
        {
            var received = ada.Received;
            await Eventually.TrueAsync(() => ada.Received > received);

            await using (await VirshConsole.StartAsync(_host, "busy", "serial0 --force"))
            {
                await ada.AttachedAsync(attached: false);
            }

            await ada.AttachedAsync();
        }

        await ada.IsToldAsync("Somebody on the node has this console open");
    }

    [Theory]
    [InlineData("serial1")]
    [InlineData("serial2")]
    public async Task A_socket_held_by_another_client_is_refused_in_words_and_opened_when_that_one_leaves(string console)
    {
        using (var other = console == "serial1" ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await other.ConnectAsync(console == "serial1" ? new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, _port) : new UnixDomainSocketEndPoint(_host.PathFor("loose.sock")));
            await Eventually.TrueAsync(async () => (await RefusalAsync(console, force: false)).Fault == StreamFault.Held);

            var refused = await RefusalAsync(console, force: true);
            refused.Fault.Should().Be(StreamFault.Held);
            refused.Message.Should().Be(
                "Another client is connected to this console, and QEMU serves one at a time. It is opened when that one leaves. It cannot be taken from that one by force.");
        }

        await using var ada = await Eventually.GetAsync(async () =>
        {
            try
            {
                return await Node.WatchAsync("loose", console);
            }
            catch (StreamOpenException)
            {
                return null;
            }
        });
        await ada.AttachedAsync();
    }

    [Fact]
    public async Task A_console_without_scrollback_is_let_go_with_its_last_viewer()
    {
        await using (var ada = await Node.WatchAsync("loose", "serial0"))
        {
            await ada.AttachedAsync();
        }

        await LockedAsync(locked: false);
        await using var virsh = await VirshConsole.StartAsync(_host, "loose", "serial0");
        await LockedAsync();
        (await RefusalAsync("serial0", force: false)).Fault.Should().Be(StreamFault.Held);
    }

    // virsh says what leaves its console before it has it, and a viewer is gone before libvirt has let go of the console: libvirtd has a file for each pty that is open.
    private Task LockedAsync(bool locked = true) => Eventually.TrueAsync(() => Directory.EnumerateFiles($"{_host.Folder}/run/lock", "LCK..*").Any() == locked);

    private async Task<StreamOpenException> RefusalAsync(string console, bool force) =>
        (await FluentActions.Awaiting(() => Node.OpenAsync("loose", new SerialSource(console, "ada", MayWrite: true, force))).Should().ThrowAsync<StreamOpenException>()).Which;
}
