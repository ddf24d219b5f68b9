using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nodes;

public sealed class LinkPasswordsTests : IAsyncLifetime
{
    private static readonly Incarnation Run = new(new DomainId(Guid.NewGuid()), 1, 2);

    // It stands still: how long an agent is waited for is not what a slow machine is to be judged by.
    private readonly TestClock _clock = TestClock.OfMachine();
    private TestBroker _broker = null!;
    private TestAgent _agent = null!;

    private IConsolePasswords Passwords => _broker.Get<IConsolePasswords>();

    public async Task InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        _agent = await TestAgent.EnrolAsync(_broker);
    }

    public async Task DisposeAsync()
    {
        _agent.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Each_question_gets_its_own_answer_in_whatever_order_they_come()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var first = Passwords.GetAsync("node1", Run, "vnc0", default);
        var second = Passwords.GetAsync("node1", Run, "vnc1", default);
        var asked = new[] { await link.ReceiveAsync(), await link.ReceiveAsync() }.Cast<PasswordWanted>().ToList();

        foreach (var question in asked.AsEnumerable().Reverse())
        {
            question.Incarnation.Should().Be(Run);
            await link.SendAsync(new PasswordFound(question.Request, $"of {question.Console}", null));
        }

        (await first).Should().Be("of vnc0");
        (await second).Should().Be("of vnc1");
    }

    [Fact]
    public async Task An_agent_without_the_password_says_why()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var asked = Passwords.GetAsync("node1", Run, "vnc0", default);
        var question = (PasswordWanted)(await link.ReceiveAsync())!;

        await link.SendAsync(new PasswordFound(question.Request, null, "that run is over"));

        await asked.Invoking(answer => answer).Should().ThrowAsync<ConsolePasswordException>().WithMessage("*that run is over*");
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_is_waited_for_five_seconds_and_keeps_its_link()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var asked = Passwords.GetAsync("node1", Run, "vnc0", default);
        (await link.ReceiveAsync()).Should().BeOfType<PasswordWanted>();

        _clock.Advance(TimeSpan.FromSeconds(5));

        await asked.Invoking(answer => answer).Should().ThrowAsync<ConsolePasswordException>().WithMessage("*within 5 seconds*");
        await link.SendAsync(new PasswordFound(1, "late", null));
        await link.ReportAsync();
    }

    [Fact]
    public async Task A_link_that_breaks_ends_the_wait()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        var asked = Passwords.GetAsync("node1", Run, "vnc0", default);
        await link.ReceiveAsync();

        link.Abort();

        await asked.Invoking(answer => answer).Should().ThrowAsync<ConsolePasswordException>().WithMessage("*left*");
    }

    [Fact]
    public async Task A_viewer_that_leaves_meanwhile_costs_the_agent_nothing()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();
        using var leaving = new CancellationTokenSource();
        var asked = Passwords.GetAsync("node1", Run, "vnc0", leaving.Token);
        await link.ReceiveAsync();

        await leaving.CancelAsync();

        await asked.Invoking(answer => answer).Should().ThrowAsync<OperationCanceledException>();
        await link.ReportAsync();
    }

    [Fact]
    public async Task Without_an_agent_there_is_no_password() =>
        await Passwords.Invoking(asked => asked.GetAsync("node1", Run, "vnc0", default)).Should().ThrowAsync<ConsolePasswordException>().WithMessage("*not connected*");
}
