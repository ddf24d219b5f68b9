using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nodes;

public sealed class LinkKeysTests : IAsyncLifetime
{
    private static readonly Incarnation Run = new(new DomainId(Guid.NewGuid()), 1, 2);
    private static readonly KeyStroke[] Strokes = [new([42, 30]), new([48])];

    private TestBroker _broker = null!;
    private TestAgent _agent = null!;

    private IAgentKeys Keys => _broker.Get<IAgentKeys>();

    public async Task InitializeAsync()
    {
        // Its clock stands still: how long an agent is waited for is not what a slow machine is to be judged by.
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(TestClock.OfMachine()));
        _agent = await TestAgent.EnrolAsync(_broker);
    }

    public async Task DisposeAsync()
    {
        _agent.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task The_agent_is_told_the_run_and_the_strokes()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var sending = Keys.SendAsync("node1", Run, Strokes, default);
        var wanted = (KeysWanted)(await link.ReceiveAsync())!;

        wanted.Incarnation.Should().Be(Run);
        wanted.Strokes.Should().BeEquivalentTo(Strokes, options => options.WithStrictOrdering());
        await link.SendAsync(new KeysSent(wanted.Request, 2, null));

        (await sending).Should().Be(2);
    }

    [Theory]
    [InlineData(1, "the guest is gone", 1)]
    [InlineData(99, "the guest is gone", 2)]
    [InlineData(-1, "the guest is gone", 0)]
    [InlineData(1, null, 1)]
    public async Task An_agent_that_stopped_says_why_and_how_far_it_came(int sent, string? reason, int believed)
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var sending = Keys.SendAsync("node1", Run, Strokes, default);
        var wanted = (KeysWanted)(await link.ReceiveAsync())!;

        await link.SendAsync(new KeysSent(wanted.Request, sent, reason));

        var failure = (await sending.Invoking(keys => keys).Should().ThrowAsync<AgentKeysException>()).Which;
        failure.Fault.Should().Be(AgentKeysFault.Failed);
        failure.Sent.Should().Be(believed);
        failure.Message.Should().Contain(reason ?? "does not say why");
    }

    [Fact]
    public async Task A_link_that_breaks_ends_the_wait()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var sending = Keys.SendAsync("node1", Run, Strokes, default);
        await link.ReceiveAsync();

        link.Abort();

        (await sending.Invoking(keys => keys).Should().ThrowAsync<AgentKeysException>()).Which.Fault.Should().Be(AgentKeysFault.Failed);
    }

    [Fact]
    public async Task Without_an_agent_no_key_is_pressed() =>
        (await Keys.Invoking(keys => keys.SendAsync("node1", Run, Strokes, default)).Should().ThrowAsync<AgentKeysException>()).Which.Fault.Should().Be(AgentKeysFault.Away);
}
