using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consoles.Tests.Agent.Inventory;

public sealed class InventoryPublisherTests : IDisposable
{
    private static readonly DomainId Web1 = new(Guid.NewGuid());
    private static readonly DomainId Web2 = new(Guid.NewGuid());

    private readonly TestClock _clock = new();
    private readonly NodeInventory _inventory;
    private readonly ReadinessProbes _probes;
    private readonly InventoryPublisher _publisher;

    public InventoryPublisherTests()
    {
        _inventory = new NodeInventory(_clock);
        _probes = new ReadinessProbes(new ReadinessProbe(_clock), _clock, NullLogger<ReadinessProbes>.Instance);
        _publisher = new InventoryPublisher(_inventory, _probes, _clock);
    }

    [Fact]
    public void What_was_read_is_published()
    {
        _publisher.Connected([Reading(Web1), Reading(Web2)], all: true);

        _inventory.Current.Domains.Keys.Should().BeEquivalentTo([Web1, Web2]);
        _inventory.Current.Libvirt.Should().Be(new LibvirtHealth(Connected: true, Reason: null, _clock.GetUtcNow()));
    }

    [Fact]
    public void What_did_not_change_is_not_published_again()
    {
        _publisher.Connected([Reading(Web1), Reading(Web2)], all: true);
        var before = _inventory.Current;
        _clock.Advance(TimeSpan.FromMinutes(5));

        _publisher.Connected([Reading(Web1), Reading(Web2)], all: true);

        _inventory.Current.Should().BeSameAs(before);
    }

    [Fact]
    public void A_change_of_one_domain_leaves_the_report_of_another_as_it_is()
    {
        _publisher.Connected([Reading(Web1), Reading(Web2)], all: true);
        var before = _inventory.Current;

        _publisher.Connected([Reading(Web1, port: 5999)], all: false);

        _inventory.Current.Domains[Web1].Consoles[0].Port.Should().Be(5999);
        _inventory.Current.Domains[Web2].Should().BeSameAs(before.Domains[Web2]);
    }

    [Fact]
    public void A_domain_that_is_no_more_is_dropped_whether_told_or_missing_from_the_list()
    {
        _publisher.Connected([Reading(Web1), Reading(Web2)], all: true);

        _publisher.Connected([new DomainReading(Web1, Report: null)], all: false);
        _inventory.Current.Domains.Keys.Should().Equal(Web2);

        _publisher.Connected([], all: true);
        _inventory.Current.Domains.Should().BeEmpty();
    }

    [Fact]
    public void A_domain_that_libvirt_did_not_give_this_time_stays_as_it_was_known_and_says_so()
    {
        _publisher.Connected([Reading(Web1)], all: true);
        var refused = new DomainReport { Id = Web1, Name = Web1.ToString(), State = "nostate", Refusal = "libvirt has not answered" };

        _publisher.Connected([new DomainReading(Web1, refused, Again: true)], all: true);

        var report = _inventory.Current.Domains[Web1];
        (report.Name, report.State, report.Consoles.Count, report.Refusal).Should().Be(("web", "running", 1, "libvirt has not answered"));
    }

    [Fact]
    public void While_libvirt_is_away_its_domains_stay_and_the_time_of_its_loss_too()
    {
        _publisher.Connected([Reading(Web1)], all: true);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var lost = _clock.GetUtcNow();

        _publisher.Disconnected("it was killed");
        _clock.Advance(TimeSpan.FromMinutes(1));
        _publisher.Disconnected("nothing listens");

        _inventory.Current.Libvirt.Should().Be(new LibvirtHealth(Connected: false, "nothing listens", lost));
        _inventory.Current.Domains.Keys.Should().Equal(Web1);
    }

    [Fact]
    public void A_console_that_asks_for_a_password_has_one_whatever_the_plain_xml_says()
    {
        var console = Reading(Web1).Report!.Consoles[0];
        var found = new Readiness(ConsoleSecurity.X509Password, "TLS and a password", _clock.GetUtcNow());

        console.Found(found).Should().Be(console with { Readiness = found, PasswordSet = true });
        console.Found(found with { Security = ConsoleSecurity.X509 }).PasswordSet.Should().BeFalse();
        console.Found(null).Should().BeSameAs(console);
    }

    public void Dispose() => _probes.Dispose();

    private static DomainReading Reading(DomainId id, int port = 5900) => new(id, new DomainReport
    {
        Id = id,
        Name = "web",
        State = "running",
        Incarnation = new Incarnation(id, 1, 2),
        Consoles = [new ConsoleEndpoint { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = port }],
    });
}
