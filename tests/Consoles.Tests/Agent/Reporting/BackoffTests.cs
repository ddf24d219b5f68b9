using Consoles.Agent.Reporting;

namespace Consoles.Tests.Agent.Reporting;

public class BackoffTests
{
    [Fact]
    public void No_wait_is_so_long_that_an_agent_would_not_be_back_within_five_seconds() =>
        Enumerable.Range(0, 100).Select(failures => Backoff.After(failures, jitter: 1)).Should().OnlyContain(wait => wait >= TimeSpan.FromSeconds(0.2) && wait <= TimeSpan.FromSeconds(3));

    [Fact]
    public void The_first_waits_are_short_and_half_of_a_fleet_waits_less_than_the_other() =>
        (Backoff.After(1, jitter: 0), Backoff.After(1, jitter: 1), Backoff.After(4, jitter: 0.5)).Should().Be((TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(1.6)));
}
