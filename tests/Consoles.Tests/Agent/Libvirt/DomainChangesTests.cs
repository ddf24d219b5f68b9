using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;

namespace Consoles.Tests.Agent.Libvirt;

public class DomainChangesTests
{
    // Made anew at each use: one for the class would count from the first test's beginning.
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    private readonly DomainChanges _changes = new();

    [Fact]
    public async Task A_storm_of_events_of_one_domain_is_one_change()
    {
        var id = new DomainId(Guid.NewGuid());

        for (var i = 0; i < 100_000; i++)
        {
            _changes.Add(id);
        }

        (await _changes.TakeAsync(Limit)).Domains.Should().Equal(id);
        _changes.TakeAsync(Limit).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task More_domains_than_can_be_held_ask_for_all_of_them()
    {
        for (var i = 0; i < 3 * DomainChanges.MaxDomains; i++)
        {
            _changes.Add(new DomainId(Guid.NewGuid()));
        }

        var taken = await _changes.TakeAsync(Limit);

        taken.All.Should().BeTrue();
        taken.Domains.Should().HaveCount(DomainChanges.MaxDomains + 1);

        _changes.Add(new DomainId(Guid.NewGuid()));
        (await _changes.TakeAsync(Limit)).All.Should().BeFalse();
    }

    [Fact]
    public async Task The_end_of_the_connection_is_told_each_time_and_with_its_first_reason()
    {
        _changes.Close("first");
        _changes.Close("second");

        for (var i = 0; i < 2; i++)
        {
            var taking = () => _changes.TakeAsync(Limit);
            (await taking.Should().ThrowAsync<LibvirtException>()).WithMessage("first");
        }
    }

    [Fact]
    public async Task A_wait_that_is_given_up_loses_no_change()
    {
        using var impatient = new CancellationTokenSource();
        var waiting = _changes.TakeAsync(impatient.Token);
        await impatient.CancelAsync();
        await waiting.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();

        var id = new DomainId(Guid.NewGuid());
        _changes.Add(id);

        (await _changes.TakeAsync(Limit)).Domains.Should().Equal(id);
    }
}
