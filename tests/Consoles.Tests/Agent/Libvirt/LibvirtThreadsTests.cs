using System.Collections.Concurrent;
using Consoles.Agent.Libvirt;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Libvirt;

public class LibvirtThreadsTests
{
    // Made anew at each use: one for the class would count from the first test's beginning.
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    private readonly TestClock _clock = new();

    [Fact]
    public async Task A_call_that_blocks_is_given_up_in_words_and_the_others_go_on()
    {
        using var threads = Threads();
        using var release = new ManualResetEventSlim();

        var blocked = threads.RunAsync("read domain x", _ => release.Wait(TimeSpan.FromSeconds(60)), Limit);
        (await threads.RunAsync("count", _ => 42, Limit)).Should().Be(42);

        _clock.Advance(TimeSpan.FromSeconds(10));

        (await blocked.Awaiting(task => task).Should().ThrowAsync<LibvirtException>()).WithMessage("read domain x: libvirt has not answered for 10 s");
        threads.AllOverdue.Should().BeFalse();
        release.Set();
    }

    [Fact]
    public async Task When_every_thread_is_held_libvirt_answers_nothing_until_one_comes_back()
    {
        using var threads = Threads();
        using var release = new ManualResetEventSlim();

        var blocked = Enumerable.Range(0, LibvirtThreads.Count).Select(_ => threads.RunAsync("read", _ => release.Wait(TimeSpan.FromSeconds(60)), Limit)).ToList();
        _clock.Advance(TimeSpan.FromSeconds(10));

        foreach (var call in blocked)
        {
            await call.Awaiting(task => task).Should().ThrowAsync<LibvirtException>();
        }

        threads.AllOverdue.Should().BeTrue();
        release.Set();
        await Eventually.TrueAsync(() => !threads.AllOverdue);
    }

    [Fact]
    public async Task A_call_that_fails_fails_its_caller_alone()
    {
        using var threads = Threads();

        var failing = () => threads.RunAsync<int>("read", _ => throw new LibvirtException("broken"), Limit);

        await failing.Should().ThrowAsync<LibvirtException>().WithMessage("broken");
        (await threads.RunAsync("count", _ => 42, Limit)).Should().Be(42);
    }

    [Fact]
    public async Task Each_lane_is_called_and_closed_by_one_thread()
    {
        var closed = new ConcurrentDictionary<int, int>();
        var callers = new ConcurrentDictionary<LibvirtLane, int>();
        LibvirtLane Lane(int number) => new(new ConnectionHandle(), () => closed[number] = Environment.CurrentManagedThreadId);
        using var threads = new LibvirtThreads(Enumerable.Range(0, LibvirtThreads.Count).Select(Lane), TimeSpan.FromSeconds(10), _clock);
        using var all = new CountdownEvent(LibvirtThreads.Count);

        // Each waits for the others, so that no thread takes two.
        await Task.WhenAll(Enumerable.Range(0, LibvirtThreads.Count).Select(_ => threads.RunAsync(
            "read",
            lane =>
            {
                callers[lane] = Environment.CurrentManagedThreadId;
                all.Signal();
                return all.Wait(TimeSpan.FromSeconds(60));
            },
            Limit)));
        await threads.EndAsync();

        callers.Should().HaveCount(LibvirtThreads.Count);
        closed.Values.Should().BeEquivalentTo(callers.Values);
    }

    private LibvirtThreads Threads() => new(
        Enumerable.Range(0, LibvirtThreads.Count).Select(_ => new LibvirtLane(new ConnectionHandle(), () => { })), TimeSpan.FromSeconds(10), _clock);
}
