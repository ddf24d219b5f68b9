using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Agent.Reporting;

public sealed class ReportingLoopTests : IAsyncLifetime, IDisposable
{
    private readonly TestPki _pki = new();
    private readonly TempDirectory _directory = new();
    private FakeBroker _broker = null!;

    public async Task InitializeAsync()
    {
        _broker = await FakeBroker.StartAsync(_pki);
        await ReportingAgent.EnrolAsync(_broker, _directory.Path);
    }

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    public void Dispose()
    {
        _pki.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_first_report_is_whole_and_the_next_one_says_what_changed()
    {
        await using var agent = await StartAsync(Domains.Running(1), Domains.Running(2));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        agent.Publish(Domains.Running(1), Domains.Running(3));
        await Eventually.TrueAsync(() => Reports.Count == 2);

        _broker.Link.Received.First().Should().BeOfType<Hello>().Which.Node.Should().Be("node1.example");
        Reports[0].Should().Match<NodeReport>(report => report.Whole && report.Domains.Count == 2);
        Reports[1].Should().Match<NodeReport>(report => !report.Whole && report.Domains.Count == 1 && report.Gone.Count == 1);
        Reports[1].Generation.Should().Be(Reports[0].Generation + 1);
    }

    [Fact]
    public async Task Many_changes_are_at_most_five_reports_a_second_and_the_last_state_arrives()
    {
        await using var agent = await StartAsync();
        await Eventually.TrueAsync(() => Reports.Count == 1);
        var watch = Stopwatch.StartNew();

        for (var count = 1; count <= 100; count++)
        {
            agent.Publish([.. Enumerable.Range(1, count).Select(number => Domains.Running(number))]);
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        await Eventually.TrueAsync(() => Reports.SelectMany(report => report.Domains).Any(domain => domain.Id == Domains.Id(100)));
        Reports.Count.Should().BeLessThanOrEqualTo(3 + (int)(watch.Elapsed.TotalSeconds * 5));
    }

    [Fact]
    public async Task After_a_resend_the_report_is_whole()
    {
        _broker.OnReport = (link, report) => link.Reports.Count() == 2 ? new Resend(0) : new Accepted(report.Node.Generation);
        await using var agent = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        agent.Publish(Domains.Running(1), Domains.Running(2));
        await Eventually.TrueAsync(() => Reports.Count == 3);

        Reports.Select(report => report.Whole).Should().Equal(true, false, true);
        Reports.Select(report => report.Generation).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task A_broker_that_asks_unprompted_gets_a_whole_report()
    {
        await using var agent = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        await _broker.Link.SayAsync(new Resend(0));

        await Eventually.TrueAsync(() => Reports.Count == 2);
        Reports[1].Whole.Should().BeTrue();
    }

    [Fact]
    public async Task A_killed_broker_has_its_agent_back_within_five_seconds_with_a_whole_report()
    {
        await using var agent = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        await _broker.KillAsync();
        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Warning).Any());
        agent.Publish(Domains.Running(1), Domains.Running(2));

        // An agent that is quick may have come back to it while it was being killed.
        var killed = _broker.Links.Count;
        await _broker.ListenAsync();

        await Eventually.TrueAsync(() => _broker.Links.Count > killed && Reports.Count == 1, TimeSpan.FromSeconds(5));
        Reports[0].Should().Match<NodeReport>(report => report.Whole && report.Domains.Count == 2);
        Reports[0].Generation.Should().BeGreaterThan(_broker.Links.First().Reports.Last().Generation);
    }

    [Fact]
    public async Task A_broker_that_is_away_is_said_once_and_not_at_every_attempt()
    {
        await _broker.KillAsync();
        await using var agent = await StartAsync(Domains.Running(1));

        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Warning).Any());
        await Task.Delay(TimeSpan.FromSeconds(3));

        agent.Logs.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain("is not reachable");
    }

    [Fact]
    public async Task An_agent_that_is_refused_for_good_says_what_a_person_must_do()
    {
        _broker.OnHello = _ => new Refused("A newer agent speaks for node1.example.", Final: true);
        await using var agent = await StartAsync(Domains.Running(1));

        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Error).Any());
        await Task.Delay(TimeSpan.FromSeconds(2));

        agent.Logs.At(LogLevel.Error).Should().ContainSingle()
            .Which.Should().Contain("A newer agent speaks for node1.example.").And.Contain("A person must act");
        _broker.Links.Should().ContainSingle(because: "the next attempt is a minute away");
    }

    [Fact]
    public async Task An_agent_that_is_refused_for_now_comes_back()
    {
        var first = true;
        _broker.OnHello = _ => Interlocked.Exchange(ref first, value: false) ? new Refused("The broker is stopping.", Final: false) : null;
        await using var agent = await StartAsync(Domains.Running(1));

        await Eventually.TrueAsync(() => _broker.Links.Count == 2 && Reports.Count == 1, TimeSpan.FromSeconds(5));

        agent.Logs.At(LogLevel.Warning).Should().Contain(line => line.Contains("The broker is stopping.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broker_with_another_authoritys_certificate_hears_nothing()
    {
        await _broker.KillAsync();
        using var other = new TestPki("Another root");
        await using var impostor = await FakeBroker.StartAsync(other);
        await using var agent = await StartAsync(impostor.Address, Domains.Running(1));

        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Error).Any());

        agent.Logs.At(LogLevel.Error).First().Should().Contain("wrong authority");
        impostor.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task A_broker_with_another_name_hears_nothing()
    {
        await using var misnamed = await FakeBroker.StartAsync(_pki, _pki.Server("elsewhere.example"));
        await using var agent = await StartAsync(misnamed.Address, Domains.Running(1));

        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Error).Any());

        agent.Logs.At(LogLevel.Error).First().Should().Contain("wrong name");
        misnamed.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData(WebSocketMessageType.Text, "{\"type\":\"nonsense\"}")]
    [InlineData(WebSocketMessageType.Text, "not json")]
    [InlineData(WebSocketMessageType.Binary, "{}")]
    public async Task A_broker_that_breaks_the_protocol_is_left_and_dialled_anew(WebSocketMessageType type, string message)
    {
        await using var agent = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        await _broker.Link.SayBytesAsync(type, Encoding.UTF8.GetBytes(message));

        await Eventually.TrueAsync(() => _broker.Links.Count == 2 && Reports.Count == 1, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_message_larger_than_a_broker_has_to_say_ends_the_link()
    {
        await using var agent = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        await _broker.Link.SayBytesAsync(WebSocketMessageType.Text, new byte[1024 * 1024]);

        await Eventually.TrueAsync(() => _broker.Links.Count == 2);
        agent.Logs.At(LogLevel.Warning).Should().Contain(line => line.Contains("broke the protocol", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_reported_before_libvirt_has_answered()
    {
        await using var agent = await ReportingAgent.StartAsync(_directory.Path, domains: null);
        await Task.Delay(TimeSpan.FromSeconds(1));
        _broker.Links.Should().BeEmpty(because: "an empty whole report would end sessions that run well");

        agent.Publish(Domains.Running(1));

        await Eventually.TrueAsync(() => _broker.Links.Count == 1 && Reports.Count == 1);
        Reports[0].Domains.Should().ContainSingle();
    }

    [Fact]
    public async Task Each_agent_process_has_a_higher_epoch_than_the_one_before()
    {
        await using (await StartAsync(Domains.Running(1)))
        {
            await Eventually.TrueAsync(() => _broker.Links.Count == 1 && Reports.Count == 1);
        }

        File.WriteAllText(_directory["epoch"], "4000000000000");
        await using var second = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => _broker.Links.Count == 2 && Reports.Count == 1, TimeSpan.FromSeconds(5));

        _broker.Link.Received.OfType<Hello>().Single().Epoch.Should().Be(4000000000001, because: "the clock is behind the epoch of the process before");
    }

    [Fact]
    public async Task An_agent_stops_within_five_seconds_and_closes_its_link()
    {
        var agent = await StartAsync(Domains.Running(1));
        await Eventually.TrueAsync(() => Reports.Count == 1);

        await agent.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5));

        await Eventually.TrueAsync(() => _broker.Link.Ended);
    }

    private List<NodeReport> Reports => _broker.Links.IsEmpty ? [] : [.. _broker.Link.Reports];

    private Task<ReportingAgent> StartAsync(params DomainReport[] domains) => ReportingAgent.StartAsync(_directory.Path, domains);

    private Task<ReportingAgent> StartAsync(Uri broker, params DomainReport[] domains) =>
        ReportingAgent.StartAsync(_directory.Path, domains, settings: new Dictionary<string, string?> { ["Identity:Broker"] = broker.ToString() });
}
