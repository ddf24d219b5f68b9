using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Agent.QemuConf;
using Consoles.Agent.Relays;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Relays;

public sealed class SerialLinesTests : IAsyncDisposable
{
    private readonly TestClock _clock = new();
    private readonly TestPki _pki = new();
    private readonly SerialOptions _options = new() { MaxScrollbackTotal = 1024 * 1024, ScrollbackOff = { "quiet" } };
    private readonly NodeInventory _inventory;
    private readonly SerialLines _lines;

    public SerialLinesTests()
    {
        _inventory = new NodeInventory(_clock);
        var libvirt = Options.Create(new LibvirtOptions { Uri = "test:///default" });
        var identity = new CurrentIdentity(new AgentIdentity("node", new Uri("https://broker.test"), _pki.Client("node").Identity(), _pki.Trust()));
        var consoles = new SerialConsoles(libvirt, new LibvirtAccess(), new PresentRun(new LibvirtAccess(), new Incarnations(libvirt)), new SerialTls(Options.Create(_options), new QemuConfFile(Options.Create(new QemuConfOptions())), identity, _clock), _clock);
        _lines = new SerialLines(_inventory, consoles, Options.Create(_options), _clock, NullLogger<SerialLines>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _lines.StopAsync(CancellationToken.None);
        _lines.Dispose();
        _pki.Dispose();
    }

    [Fact]
    public async Task All_lines_together_keep_no_more_than_the_node_may_and_each_has_its_share()
    {
        await _lines.StartAsync(CancellationToken.None);
        var domains = Enumerable.Range(0, 64).Select(i => Domain($"guest{i}")).ToArray();
        Publish(domains[..2]);
        _lines.Find(domains[0].Id, "serial0")!.Line.Say(new string('x', 600_000));
        _lines.Allocated.Should().BeGreaterThan(500_000);

        Publish(domains);

        foreach (var domain in domains)
        {
            var line = _lines.Find(domain.Id, "serial0")!.Line;
            line.Say(new string('x', 100_000));
            line.Past(1_000_000).Should().HaveCount(1024 * 1024 / 64);
        }

        _lines.Allocated.Should().BeLessThanOrEqualTo(1024 * 1024);
    }

    [Fact]
    public async Task Where_scrollback_is_off_nothing_is_attached_before_somebody_looks()
    {
        await _lines.StartAsync(CancellationToken.None);
        var (kept, quiet) = (Domain("kept"), Domain("quiet"));
        Publish(kept, quiet);

        await Eventually.TrueAsync(() => _lines.Find(kept.Id, "serial0")!.Line.State.Reason!.StartsWith("QEMU could not be reached", StringComparison.Ordinal));
        _lines.Find(quiet.Id, "serial0")!.Line.State.Reason.Should().Be("The console is being opened.");
        _lines.Find(quiet.Id, "serial0")!.KeepsPast.Should().BeFalse();
    }

    [Fact]
    public async Task A_line_is_forgotten_ten_minutes_after_its_domain_was_last_known()
    {
        await _lines.StartAsync(CancellationToken.None);
        var domain = Domain("guest");
        Publish(domain);
        var line = _lines.Find(domain.Id, "serial0")!;
        line.Line.Say("remembered");
        Publish();

        _clock.Advance(TimeSpan.FromMinutes(9));
        Publish(domain with { Incarnation = domain.Incarnation! with { QemuPid = 1001 } });
        _lines.Find(domain.Id, "serial0").Should().BeSameAs(line);
        Publish();

        await Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            return _lines.Find(domain.Id, "serial0") is null;
        });
    }

    [Fact]
    public async Task All_lines_are_closed_together()
    {
        await _lines.StartAsync(CancellationToken.None);
        var domains = Enumerable.Range(0, 4).Select(i => Domain($"guest{i}")).ToArray();
        using var meeting = new Barrier(domains.Length);
        Publish(domains);
        var met = 0;

        foreach (var line in domains.Select(domain => _lines.Find(domain.Id, "serial0")!.Line))
        {
            await Eventually.TrueAsync(() => line.State.Reason!.StartsWith("QEMU could not be reached", StringComparison.Ordinal));
            line.StateChanged += (_, state) => Interlocked.Add(ref met, state.Reason == "The console was closed." && meeting.SignalAndWait(TimeSpan.FromSeconds(10)) ? 1 : 0);
        }

        await _lines.StopAsync(CancellationToken.None);

        met.Should().Be(domains.Length, because: "each was being closed while the others were");
    }

    [Fact]
    public void A_console_that_QEMU_connects_itself_has_no_line()
    {
        var domain = Domain("guest");
        Publish(domain with { Consoles = [domain.Consoles[0] with { Connects = true }] });

        _lines.Find(domain.Id, "serial0").Should().BeNull();
    }

    private static DomainReport Domain(string name) => TestDomains.Running(name) with
    {
        Consoles = [new ConsoleEndpoint { Kind = ConsoleKind.Serial, Name = "serial0", Transport = ConsoleTransport.Unix, Path = "/nonexistent/serial0.sock" }],
    };

    private void Publish(params DomainReport[] domains) =>
        _inventory.Publish(new LibvirtHealth(Connected: true, Reason: null, _clock.GetUtcNow()), domains.ToDictionary(domain => domain.Id));
}
