using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Agent.Reporting;

/// <summary>What the agent does as time goes by, on a clock that the test moves.</summary>
public sealed class ReportingClockTests : IAsyncLifetime, IDisposable
{
    private readonly TestClock _clock = new();
    private readonly TestPki _pki;
    private readonly TempDirectory _directory = new();
    private FakeBroker _broker = null!;

    public ReportingClockTests() => _pki = new TestPki(clock: _clock);

    public async Task InitializeAsync()
    {
        _broker = await FakeBroker.StartAsync(_pki, clock: _clock);
        await ReportingAgent.EnrolAsync(_broker, _directory.Path, _clock);
    }

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    public void Dispose()
    {
        _pki.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_quiet_node_reports_every_ten_seconds()
    {
        await using var agent = await StartAsync();
        await Eventually.TrueAsync(() => Reports.Count == 1);

        for (var reports = 1; reports < 4; reports++)
        {
            var before = _clock.GetUtcNow();

            // The clock stands still while the agent is at something: what it waits for then is further away than its next report.
            await Eventually.TrueAsync(
                () =>
                {
                    if (Reports.Count > reports)
                    {
                        return true;
                    }

                    if (_clock.UntilNext <= TimeSpan.FromSeconds(10))
                    {
                        _clock.Advance(TimeSpan.FromMilliseconds(200));
                    }

                    return false;
                },
                TimeSpan.FromSeconds(60));
            (_clock.GetUtcNow() - before).Should().BeCloseTo(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
        }

        Reports.Skip(1).Should().OnlyContain(report => !report.Whole && report.Domains.Count == 0);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_a_report_for_fifteen_seconds_is_left()
    {
        _broker.OnReport = (_, _) => null;
        await using var agent = await StartAsync();
        await Eventually.TrueAsync(() => Reports.Count == 1);

        _clock.Advance(TimeSpan.FromSeconds(14));
        _broker.Links.Should().ContainSingle();
        _broker.OnReport = (_, report) => new Accepted(report.Node.Generation);

        await AdvanceUntilAsync(() => _broker.Links.Count == 2 && Reports.Count == 1, TimeSpan.FromMilliseconds(500));
        agent.Logs.At(LogLevel.Warning).Should().Contain(line => line.Contains("has not answered a report for 15 s", StringComparison.Ordinal));
        Reports[0].Whole.Should().BeTrue();
    }

    [Fact]
    public async Task A_certificate_is_renewed_at_half_of_its_life_and_used_at_once()
    {
        await using var agent = await StartAsync();
        await Eventually.TrueAsync(() => Reports.Count == 1);
        var first = _broker.Link.ClientSerial;
        var key = await File.ReadAllTextAsync(KeyFile);

        await AdvanceToAsync(TimeSpan.FromHours(10.7));
        Renewals.Should().Be(0);

        // The latest that it may be; the clock goes no further, however long the agent takes to ask.
        await AdvanceUntilAsync(() => Renewals == 1, TimeSpan.FromMinutes(1), noFurtherThan: TimeSpan.FromHours(13.3));
        await AdvanceUntilAsync(() => _broker.Link.ClientSerial != first && Reports.Count > 0, TimeSpan.FromMilliseconds(200));
        (await File.ReadAllTextAsync(KeyFile)).Should().NotBe(key, because: "each certificate has a key of its own");
        File.GetUnixFileMode(KeyFile).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_renewal_that_keeps_failing_gets_louder_and_at_the_end_the_agent_stops()
    {
        _broker.RefuseWith = 503;
        await using var agent = await StartAsync();
        await Eventually.TrueAsync(() => Reports.Count == 1);

        await AdvanceToAsync(TimeSpan.FromHours(15.9));
        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Information).Any(IsAboutRenewal));
        agent.Logs.At(LogLevel.Warning).Should().NotContain(line => IsAboutRenewal(line));

        await AdvanceToAsync(TimeSpan.FromHours(20.3));
        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Warning).Any(IsAboutRenewal));
        agent.Logs.At(LogLevel.Error).Should().NotContain(line => IsAboutRenewal(line));

        await AdvanceToAsync(TimeSpan.FromHours(23.9));
        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Error).Any(IsAboutRenewal));

        await AdvanceUntilAsync(() => agent.ExitCode == 78, TimeSpan.FromMinutes(1));
    }

    private static readonly DateTimeOffset Started = new TestClock().GetUtcNow();

    private string KeyFile => Path.Combine(_directory.Path, "identity", "agent-key.pem");

    private int Renewals => _broker.Requests.Count(request => request.StartsWith("POST /renew", StringComparison.Ordinal));

    private List<NodeReport> Reports => _broker.Links.IsEmpty ? [] : [.. _broker.Link.Reports];

    private static bool IsAboutRenewal(string line) => line.Contains("not renewed", StringComparison.Ordinal);

    private Task<ReportingAgent> StartAsync() => ReportingAgent.StartAsync(_directory.Path, [Domains.Running(1)], _clock);

    private Task AdvanceToAsync(TimeSpan age) => AdvanceUntilAsync(() => _clock.GetUtcNow() - Started >= age, TimeSpan.FromMinutes(6));

    // In small steps with a breath after each, since what a timer starts goes on beside the test.
    private Task AdvanceUntilAsync(Func<bool> reached, TimeSpan step, TimeSpan? noFurtherThan = null) => Eventually.TrueAsync(
        () =>
        {
            if (reached())
            {
                return true;
            }

            if (noFurtherThan is null || _clock.GetUtcNow() - Started + step <= noFurtherThan)
            {
                _clock.Advance(step);
            }

            return false;
        },
        TimeSpan.FromSeconds(60));
}
