using Consoles.Agent.Relays;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Relays;

public sealed class StreamAnswersTests : IStreamOpener
{
    private static readonly StreamWanted Wanted = new(1, "secret", new Incarnation(new DomainId(Guid.NewGuid()), 1, 2), new GraphicsSource("vnc0"));

    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_place_comes_back_when_the_link_is_lost_while_something_is_opened()
    {
        using var answers = Answers(maxStreams: 1);
        using var link = new CancellationTokenSource();
        var handling = answers.HandleAsync(Wanted, identity: null!, link.Token);
        await _entered.Task;
        answers.Open.Should().Be(1);

        await link.CancelAsync();

        await handling.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        answers.Open.Should().Be(0);
    }

    [Fact]
    public async Task One_more_than_may_be_carried_is_refused_in_words()
    {
        using var answers = Answers(maxStreams: 1);
        using var link = new CancellationTokenSource();
        var handling = answers.HandleAsync(Wanted, identity: null!, link.Token);
        await _entered.Task;

        (await answers.HandleAsync(Wanted with { Request = 2 }, identity: null!, link.Token)).Should().BeOfType<StreamRefused>()
            .Which.Should().Match<StreamRefused>(refused => refused.Request == 2 && refused.Fault == StreamFault.TooMany && refused.Reason.Contains("Relays:MaxStreams"));

        await link.CancelAsync();
        await handling.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task What_hangs_is_refused_within_the_time_that_the_broker_waits()
    {
        var clock = new TestClock();
        using var answers = Answers(maxStreams: 1, clock);
        var handling = answers.HandleAsync(Wanted, identity: null!, CancellationToken.None);
        await _entered.Task;

        clock.Advance(TimeSpan.FromSeconds(8));

        (await handling).Should().BeOfType<StreamRefused>().Which.Reason.Should().Contain("within 8 s");
        answers.Open.Should().Be(0);
    }

    bool IStreamOpener.Opens(StreamSource source) => true;

    async Task<OpenedStream> IStreamOpener.OpenAsync(Incarnation run, StreamSource source, CancellationToken cancellationToken)
    {
        _entered.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        throw new InvalidOperationException("It waits until it is cancelled.");
    }

    private StreamAnswers Answers(int maxStreams, TimeProvider? clock = null) =>
        new([this], Options.Create(new RelayOptions { MaxStreams = maxStreams }), clock ?? TimeProvider.System, NullLogger<StreamAnswers>.Instance);
}
