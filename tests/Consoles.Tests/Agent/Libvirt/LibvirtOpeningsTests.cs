using System.Net.Sockets;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Libvirt;

/// <summary>Consoles that are opened while libvirtd hangs: it takes connections and says nothing. Each connection is a thread of the agent's.</summary>
public sealed class LibvirtOpeningsTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _taken = [];
    private readonly LibvirtOpenings _openings = new();
    private readonly LibvirtOptions _options;
    private readonly Task _taking;

    public LibvirtOpeningsTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_directory["libvirt-sock"]));
        _listener.Listen(64);
        _options = new LibvirtOptions { Uri = $"qemu+unix:///system?socket={_directory["libvirt-sock"]}", CallTimeout = TimeSpan.FromMilliseconds(300) };
        _taking = TakeAsync();
    }

    private int Taken
    {
        get
        {
            lock (_taken)
            {
                return _taken.Count;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_console_that_does_not_open_is_being_opened_once_however_often_it_is_tried()
    {
        var domain = new DomainId(Guid.NewGuid());

        for (var i = 0; i < 4; i++)
        {
            (await Opening(domain).Should().ThrowAsync<LibvirtException>()).WithMessage("*libvirt has not answered for 0.3 s");
        }

        await Eventually.TrueAsync(() => Taken == 1);

        // It is tried again once libvirt has let the first attempt go.
        await EndAsync();
        await Eventually.TrueAsync(async () => !(await Opening(domain).Should().ThrowAsync<LibvirtException>()).Which.Message.Contains("has not answered", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_more_than_so_many_are_being_opened_at_a_time()
    {
        var openings = Enumerable.Range(0, 3 * LibvirtOpenings.Count).Select(_ => Opening(new DomainId(Guid.NewGuid())).Should().ThrowAsync<LibvirtException>()).ToList();

        foreach (var opening in openings)
        {
            (await opening).WithMessage("*libvirt has not answered for 0.3 s");
        }

        await Eventually.TrueAsync(() => Taken == LibvirtOpenings.Count);
        await Opening(new DomainId(Guid.NewGuid())).Should().ThrowAsync<LibvirtException>();
        Taken.Should().Be(LibvirtOpenings.Count);
    }

    private static ConsoleEndpoint Pty => new() { Kind = ConsoleKind.Serial, Name = "serial0", Transport = ConsoleTransport.Pty, Path = "/dev/pts/0" };

    private Func<Task> Opening(DomainId domain) => async () =>
    {
        await using var console = await LibvirtConsole.OpenAsync(_openings, _options, domain, Pty, force: false, TimeProvider.System, CancellationToken.None);
    };

    private async Task TakeAsync()
    {
        try
        {
            while (true)
            {
                var taken = await _listener.AcceptAsync();

                lock (_taken)
                {
                    _taken.Add(taken);
                }
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task EndAsync()
    {
        _listener.Dispose();
        await _taking;
        _taken.ForEach(taken => taken.Dispose());
    }
}
