using System.Net;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nodes;

public class ConsoleDirectoryTests
{
    private static readonly NodeIdentity Node1 = new("node1", [IPAddress.Loopback]);
    private static readonly NodeIdentity Node2 = new("node2", [IPAddress.Loopback]);

    private readonly TestClock _clock = new();
    private readonly ConsoleDirectory _directory;
    private readonly List<Incarnation> _ended = [];

    public ConsoleDirectoryTests()
    {
        _directory = new ConsoleDirectory(_clock, Options.Create(new NodeOptions()));
        _directory.Ended += _ended.AddRange;
    }

    [Fact]
    public void A_whole_report_replaces_what_was_known_of_the_node()
    {
        Report(Node1, Domains.Running(1), Domains.Running(2));
        Report(Node1, Domains.Running(2));

        _directory.FindDomain("guest1").Should().BeNull();
        _directory.FindDomain("guest2").Should().NotBeNull();
        _ended.Should().Equal(Domains.Running(1).Incarnation!);
    }

    [Fact]
    public void A_delta_changes_what_it_names_and_nothing_else()
    {
        Report(Node1, Domains.Running(1), Domains.Running(2), Domains.Running(3));
        _directory.Apply(Node1, new NodeReport
        {
            Generation = 2,
            Whole = false,
            Libvirt = Seen,
            Domains = [Domains.Running(2) with { State = "paused" }],
            Gone = [Domains.Id(3)],
        });

        _directory.FindDomain("guest1")!.Value.Domain.State.Should().Be("running");
        _directory.FindDomain("guest2")!.Value.Domain.State.Should().Be("paused");
        _directory.FindDomain("guest3").Should().BeNull();
        _ended.Should().Equal(Domains.Running(3).Incarnation!);
    }

    [Fact]
    public void A_domain_that_was_started_anew_has_ended_its_run_before()
    {
        var first = Domains.Running(1);
        var second = first with { Incarnation = first.Incarnation! with { QemuPid = 99 } };
        Report(Node1, first);
        Report(Node1, second);

        _ended.Should().Equal(first.Incarnation!);
        _directory.Find(first.Incarnation!, "vnc0").Should().BeNull(because: "that run is over");
        _directory.Find(second.Incarnation, "vnc0").Should().NotBeNull();
    }

    [Fact]
    public void A_console_is_found_by_its_run_and_name_alone()
    {
        Report(Node1, Domains.Running(1, port: 5907));

        var target = _directory.Find(Domains.Running(1).Incarnation!, "vnc0");

        target!.Node.Should().Be(Node1);
        target.Endpoint.Port.Should().Be(5907);
        _directory.Find(Domains.Running(1).Incarnation!, "vnc1").Should().BeNull();
    }

    [Fact]
    public void A_domain_is_found_by_uuid_and_by_name()
    {
        Report(Node1, Domains.Running(1));

        _directory.FindDomain(Domains.Id(1).ToString())!.Value.Domain.Name.Should().Be("guest1");
        _directory.FindDomain("guest1")!.Value.Domain.Id.Should().Be(Domains.Id(1));
        _directory.FindDomain("GUEST1").Should().BeNull(because: "libvirt's names differ by case");
    }

    [Fact]
    public void Of_a_domain_that_several_nodes_know_the_one_that_runs_it_counts()
    {
        Report(Node1, Domains.Running(1) with { State = "shutoff", Incarnation = null, Consoles = [] });
        Report(Node2, Domains.Running(1));

        _directory.FindDomain("guest1")!.Value.Node.Identity.Should().Be(Node2);
    }

    [Fact]
    public void Of_a_run_that_two_nodes_claim_nobody_is_sent_to_either()
    {
        Report(Node1, Domains.Running(1));
        Report(Node2, Domains.Running(1));

        _directory.Find(Domains.Running(1).Incarnation!, "vnc0").Should().BeNull();
    }

    [Fact]
    public void A_node_that_is_heard_of_counts_before_a_silent_one()
    {
        Report(Node1, Domains.Running(1));
        _clock.Advance(ConsoleDirectory.SilenceLimit);
        Report(Node2, Domains.Running(1) with { State = "paused" });

        _directory.FindDomain("guest1")!.Value.Node.Identity.Should().Be(Node2);
        _directory.Find(Domains.Running(1).Incarnation!, "vnc0")!.Node.Should().Be(Node2);
    }

    [Fact]
    public void A_name_that_two_running_domains_have_names_neither()
    {
        Report(Node1, Domains.Running(1));
        Report(Node2, Domains.Running(2) with { Name = "guest1" });

        _directory.FindDomain("guest1").Should().BeNull();
    }

    [Theory]
    [InlineData(29, true, true)]
    [InlineData(30, true, false)]
    [InlineData(3599, true, false)]
    [InlineData(3600, false, false)]
    public void What_a_node_said_last_is_marked_after_thirty_seconds_of_silence_and_forgotten_after_an_hour(int seconds, bool known, bool heard)
    {
        Report(Node1, Domains.Running(1));
        _clock.Advance(TimeSpan.FromSeconds(seconds));

        (_directory.FindDomain("guest1") is not null).Should().Be(known);
        var target = _directory.Find(Domains.Running(1).Incarnation!, "vnc0");
        (target is not null).Should().Be(known);
        (target?.Heard ?? false).Should().Be(heard);
        _ended.Should().BeEmpty(because: "sessions in flight do not depend on being heard of");
    }

    [Fact]
    public void An_agent_that_has_not_reached_its_libvirt_ends_no_run()
    {
        Report(Node1, Domains.Running(1));
        _directory.Apply(Node1, new NodeReport { Generation = 1, Whole = true, Libvirt = new LibvirtHealth(false, "It does not answer.", _clock.GetUtcNow()) });

        _ended.Should().BeEmpty();
        _directory.FindDomain("guest1").Should().NotBeNull();

        Report(Node1, Domains.Running(2));
        _ended.Should().Equal(Domains.Running(1).Incarnation!);
    }

    [Fact]
    public void A_node_that_was_removed_ends_all_its_runs()
    {
        Report(Node1, Domains.Running(1), Domains.Running(2));
        Report(Node2, Domains.Running(3));
        _directory.Forget("node1");

        _ended.Should().BeEquivalentTo([Domains.Running(1).Incarnation, Domains.Running(2).Incarnation]);
        _directory.Nodes.Select(node => node.Identity.Name).Should().Equal("node2");
    }

    private static LibvirtHealth Seen { get; } = new(Connected: true, Reason: null, DateTimeOffset.UnixEpoch);

    private void Report(NodeIdentity node, params DomainReport[] domains) =>
        _directory.Apply(node, new NodeReport { Generation = 1, Whole = true, Libvirt = Seen, Domains = domains });
}
