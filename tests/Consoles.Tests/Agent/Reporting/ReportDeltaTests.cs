using Consoles.Agent.Inventory;
using Consoles.Agent.Reporting;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Agent.Reporting;

public class ReportDeltaTests
{
    private static readonly LibvirtHealth Healthy = new(Connected: true, Reason: null, DateTimeOffset.UnixEpoch);

    [Fact]
    public void With_nothing_known_a_report_is_whole()
    {
        var report = ReportDelta.Between(known: null, Snapshot(Domains.Running(1), Domains.Running(2)), generation: 7);

        report.Whole.Should().BeTrue();
        report.Generation.Should().Be(7);
        report.Domains.Select(domain => domain.Id).Should().BeEquivalentTo([Domains.Id(1), Domains.Id(2)]);
        report.Gone.Should().BeEmpty();
    }

    [Fact]
    public void A_delta_carries_what_changed_and_what_is_gone()
    {
        var known = Snapshot(Domains.Running(1), Domains.Running(2), Domains.Running(3));

        var report = ReportDelta.Between(known, Snapshot(Domains.Running(1), Domains.Running(2, port: 5907), Domains.Running(4)), generation: 8);

        report.Whole.Should().BeFalse();
        report.Domains.Select(domain => domain.Id).Should().BeEquivalentTo([Domains.Id(2), Domains.Id(4)]);
        report.Gone.Should().Equal(Domains.Id(3));
    }

    [Fact]
    public void A_domain_that_was_read_anew_and_says_the_same_is_not_in_a_delta()
    {
        var report = ReportDelta.Between(Snapshot(Domains.Running(1)), Snapshot(Domains.Running(1)), generation: 2);

        report.Domains.Should().BeEmpty();
        report.Gone.Should().BeEmpty();
    }

    [Fact]
    public void The_first_report_after_libvirt_came_back_is_whole()
    {
        var blind = Snapshot(Domains.Running(1)) with { Libvirt = new LibvirtHealth(Connected: false, "It does not answer.", DateTimeOffset.UnixEpoch) };

        ReportDelta.Between(blind, Snapshot(Domains.Running(1)), generation: 3).Whole.Should().BeTrue();
        ReportDelta.Between(Snapshot(Domains.Running(1)), blind, generation: 3).Whole.Should().BeFalse();
    }

    [Fact]
    public void Taking_in_the_reports_one_after_the_other_gives_the_snapshot()
    {
        // A snapshot: for each of eight domains a port, or 0 where there is no such domain. A broker forgets all between two snapshots now and then.
        var snapshots = Gen.Choose(0, 3).ArrayOf(8).Select(ports => Snapshot([.. ports.Select((port, number) => (port, number))
            .Where(domain => domain.port > 0)
            .Select(domain => Domains.Running(domain.number, 5900 + domain.port))]));
        var steps = Gen.Zip(snapshots, Gen.Choose(0, 4).Select(roll => roll == 0)).ListOf();

        Prop.ForAll(steps.ToArbitrary(), sequence =>
        {
            var broker = new Dictionary<DomainId, DomainReport>();
            InventorySnapshot? known = null;

            return sequence.All(step =>
            {
                var (snapshot, forgets) = step;
                known = forgets ? null : known;
                Apply(broker, ReportDelta.Between(known, snapshot, generation: 1));
                known = snapshot;
                return broker.Count == snapshot.Domains.Count
                    && broker.Values.All(domain => snapshot.Domains[domain.Id].Consoles[0].Port == domain.Consoles[0].Port);
            });
        }).QuickCheckThrowOnFailure();
    }

    // As ConsoleDirectory does.
    private static void Apply(Dictionary<DomainId, DomainReport> broker, NodeReport report)
    {
        if (report.Whole)
        {
            broker.Clear();
        }

        foreach (var domain in report.Domains)
        {
            broker[domain.Id] = domain;
        }

        foreach (var gone in report.Gone)
        {
            broker.Remove(gone);
        }
    }

    private static InventorySnapshot Snapshot(params DomainReport[] domains) => new(1, Healthy, domains.ToDictionary(domain => domain.Id));
}
