using System.Net.WebSockets;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nodes;

/// <summary>Which reports are taken in, and which of two agents is heard.</summary>
public sealed class LinkReportTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private TestBroker _broker = null!;
    private TestAgent _agent = null!;

    private ConsoleDirectory Known => _broker.Get<ConsoleDirectory>();

    public async Task InitializeAsync()
    {
        // Certificates are judged by the machine's clock, so the test's begins there.
        _clock.Advance(TimeProvider.System.GetUtcNow() - _clock.GetUtcNow());
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        _agent = await TestAgent.EnrolAsync(_broker);
    }

    public async Task DisposeAsync()
    {
        _agent.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task A_change_that_follows_is_taken_in()
    {
        using var link = await _agent.LinkAsync();
        var web = TestDomains.Running("web1");
        await link.SendAsync(new Report(TestLink.Whole(7, web, TestDomains.Running("web2"))));
        (await link.AcceptedAsync()).Generation.Should().Be(7);

        await link.SendAsync(new Report(TestLink.Whole(8, TestDomains.Running("web3")) with { Whole = false, Gone = [web.Id] }));

        (await link.AcceptedAsync()).Generation.Should().Be(8);
        Known.Nodes.Single().Domains.Values.Select(domain => domain.Name).Should().BeEquivalentTo("web2", "web3");
    }

    [Fact]
    public async Task A_link_that_begins_with_a_change_is_asked_for_a_whole_report()
    {
        using var link = await _agent.LinkAsync();
        await link.SendAsync(new Report(TestLink.Whole(1) with { Whole = false }));

        (await link.ReceiveAsync()).Should().Be(new Resend(0));
        Known.Nodes.Should().BeEmpty();
    }

    [Fact]
    public async Task After_a_gap_one_whole_report_is_asked_for_and_puts_things_right()
    {
        using var link = await _agent.LinkAsync();
        await link.SendAsync(new Report(TestLink.Whole(1)));
        await link.SendAsync(new Report(TestLink.Whole(3, TestDomains.Running("lost")) with { Whole = false }));
        await link.SendAsync(new Report(TestLink.Whole(4, TestDomains.Running("lost")) with { Whole = false }));
        await link.SendAsync(new Report(TestLink.Whole(5, TestDomains.Running("web1"))));

        (await link.AcceptedAsync()).Generation.Should().Be(1);
        (await link.ReceiveAsync()).Should().Be(new Resend(1));
        (await link.AcceptedAsync()).Generation.Should().Be(5);
        Known.Nodes.Single().Domains.Values.Should().ContainSingle(domain => domain.Name == "web1");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_replayed_report_ends_the_link_and_changes_nothing(long generation)
    {
        using var link = await _agent.LinkAsync();
        await link.SendAsync(new Report(TestLink.Whole(5, TestDomains.Running("web1"))));
        (await link.AcceptedAsync()).Generation.Should().Be(5);

        await link.SendAsync(new Report(TestLink.Whole(generation)));

        var refused = await link.RefusalAsync();
        refused.Reason.Should().Contain("replay");
        refused.Final.Should().BeFalse();
        Known.FindDomain("web1").Should().NotBeNull();
    }

    [Fact]
    public async Task An_older_agent_is_refused_for_good_and_told_why()
    {
        using var newer = await _agent.LinkAsync(epoch: 2000);
        await newer.ReportAsync(TestDomains.Running("web1"));

        using var older = await _agent.LinkAsync(epoch: 1999);

        (await older.RefusalAsync()).Should().Be(new Refused("Another agent, started later, speaks for node node1.", Final: true));
        await newer.ReportAsync(TestDomains.Running("web1"));
    }

    [Fact]
    public async Task An_older_agent_is_refused_also_when_the_newer_one_is_gone_and_the_broker_was_restarted()
    {
        using (var newer = await _agent.LinkAsync(epoch: 2000))
        {
            await newer.ReportAsync();
        }

        await using var restarted = await TestBroker.StartAsync(state: _broker.StateDirectory);
        using var older = await TestAgent.Of(restarted, "node1", _agent.Certificate).LinkAsync(epoch: 1999);

        (await older.RefusalAsync()).Final.Should().BeTrue();
    }

    [Fact]
    public async Task A_newer_agent_takes_over_and_the_older_one_is_told()
    {
        using var older = await _agent.LinkAsync(epoch: 1000);
        await older.ReportAsync(TestDomains.Running("web1"));

        using var newer = await _agent.LinkAsync(epoch: 1001);
        await newer.ReportAsync(TestDomains.Running("web2"));

        (await older.RefusalAsync()).Should().Be(new Refused("Another agent, started later, speaks for node node1.", Final: true));
        Known.FindDomain("web1").Should().BeNull();
        Known.FindDomain("web2").Should().NotBeNull();
    }

    [Fact]
    public async Task An_agent_that_comes_back_replaces_its_own_half_open_link()
    {
        using var before = await _agent.LinkAsync(epoch: 1000);
        await before.ReportAsync();

        using var after = await _agent.LinkAsync(epoch: 1000);
        await after.ReportAsync(TestDomains.Running("web1"));

        (await before.RefusalAsync()).Final.Should().BeFalse();
        Known.FindDomain("web1").Should().NotBeNull();
    }

    [Fact]
    public async Task An_agent_that_falls_silent_is_disconnected_and_its_consoles_are_marked()
    {
        using var link = await _agent.LinkAsync();
        var web = TestDomains.Running("web1");
        var ended = new List<Incarnation>();
        Known.Ended += ended.AddRange;
        await link.ReportAsync(web);

        _clock.Advance(TimeSpan.FromSeconds(29));
        Known.Find(web.Incarnation!, "vnc0")!.Heard.Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));

        Known.Find(web.Incarnation!, "vnc0")!.Heard.Should().BeFalse();

        // The sweep runs on a thread of its own, and so may miss a tick of a clock that jumps.
        (await _clock.AdvanceUntilAsync(link.RefusalAsync(), TimeSpan.FromSeconds(1))).Final.Should().BeFalse();
        ended.Should().BeEmpty(because: "sessions in flight go on");
    }

    [Fact]
    public async Task A_broken_link_leaves_what_is_known_until_the_silence_is_too_long()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync(TestDomains.Running("web1"));

        link.Abort();
        await Eventually.TrueAsync(() => _broker.Get<AgentLinks>().Open == 0);

        Known.FindDomain("web1").Should().NotBeNull();
        _clock.Advance(TimeSpan.FromHours(1));
        Known.FindDomain("web1").Should().BeNull();
    }

    [Fact]
    public async Task A_frame_that_is_too_large_ends_the_link_and_says_so()
    {
        using var link = await _agent.LinkAsync();
        var sent = link.SendAsync(new byte[LinkMessage.MaxBytes + 1]);

        (await link.RefusalAsync()).Reason.Should().Contain($"{LinkMessage.MaxBytes}");
        link.CloseStatus.Should().Be(WebSocketCloseStatus.MessageTooBig);

        // The broker reads on for two seconds, and what comes later is cut off.
        await sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_report_of_a_thousand_domains_fits()
    {
        using var link = await _agent.LinkAsync();

        await link.ReportAsync([.. Enumerable.Range(0, 1000).Select(number => TestDomains.Running($"web{number}"))]);

        Known.Nodes.Single().Domains.Should().HaveCount(1000);
    }

    [Theory]
    [InlineData("{\"type\":\"nonsense\"}")]
    [InlineData("null")]
    [InlineData("not json")]
    [InlineData("{\"type\":\"report\"}")]
    [InlineData("{\"type\":\"report\",\"node\":null}")]
    [InlineData("{\"type\":\"report\",\"node\":{\"generation\":1,\"whole\":true}}")]
    [InlineData("{\"type\":\"report\",\"node\":{\"generation\":1,\"whole\":true,\"libvirt\":null}}")]
    [InlineData("{\"type\":\"accepted\",\"generation\":1}")]
    [InlineData("{\"type\":\"hello\",\"node\":\"node1\",\"epoch\":2,\"version\":\"x\"}")]
    public async Task A_message_that_an_agent_does_not_send_ends_the_link(string json)
    {
        using var link = await _agent.LinkAsync();
        await link.SendAsync(json);

        await link.RefusalAsync();
        await Eventually.TrueAsync(() => _broker.Get<AgentLinks>().Open == 0);
        Known.Nodes.Should().BeEmpty();
    }

    [Fact]
    public async Task A_binary_frame_ends_the_link()
    {
        using var link = await _agent.LinkAsync();
        await link.SendAsync([1, 2, 3], WebSocketMessageType.Binary);

        await link.RefusalAsync();
        link.CloseStatus.Should().Be(WebSocketCloseStatus.InvalidMessageType);
    }

    [Fact]
    public async Task A_report_before_the_hello_ends_the_link()
    {
        using var link = await _agent.ConnectAsync();
        await link.SendAsync(new Report(TestLink.Whole(1, TestDomains.Running("web1"))));

        (await link.RefusalAsync()).Reason.Should().Contain("hello");
        Known.Nodes.Should().BeEmpty();
    }
}
