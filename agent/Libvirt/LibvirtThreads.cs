using System.Collections.Concurrent;

namespace Consoles.Agent.Libvirt;

/// <summary>A few threads for calls that block, since libvirt has no other kind, each with a connection of its own. The thread pool never waits for libvirt.</summary>
internal sealed class LibvirtThreads : IDisposable
{
    /// <summary>One domain that libvirt is busy with must not hold up the others; more threads would only queue inside libvirtd.</summary>
    public const int Count = 4;

    private const int MaxWaiting = 256;

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<Action<LibvirtLane>> _calls = new(MaxWaiting);
    private readonly Task[] _ended;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private int _overdue;

    /// <param name="lanes">As many as <see cref="Count"/>.</param>
    /// <param name="limit">How long whoever calls waits.</param>
    public LibvirtThreads(IEnumerable<LibvirtLane> lanes, TimeSpan limit, TimeProvider clock)
    {
        (_limit, _clock) = (limit, clock);
        _ended = [.. lanes.Select(lane => RunAloneAsync("libvirt-call", () => Work(lane)))];
    }

    /// <summary>True when every thread is held by a call that is past its limit: libvirt does not answer at all.</summary>
    public bool AllOverdue => Volatile.Read(ref _overdue) >= Count;

    /// <param name="attempt">What the call is for, in words that fit after "libvirt did not".</param>
    /// <exception cref="LibvirtException">The call failed, or was not answered within the limit.</exception>
    public async Task<T> RunAsync<T>(string attempt, Func<LibvirtLane, T> call, CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);

        if (!TryAdd(lane => Complete(result, () => call(lane))))
        {
            throw new LibvirtException($"{attempt}: the connection is closed, or {MaxWaiting} calls are waiting already");
        }

        try
        {
            return await result.Task.WaitAsync(_limit, _clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref _overdue);
            Abandon(result.Task, () => Interlocked.Decrement(ref _overdue));
            throw new LibvirtException($"{attempt}: libvirt has not answered for {_limit.TotalSeconds:0.#} s");
        }
        catch (OperationCanceledException)
        {
            Abandon(result.Task, () => { });
            throw;
        }
    }

    /// <summary>Takes no more calls. A thread closes its lane when the call that it is in returns.</summary>
    public void Dispose() => _calls.CompleteAdding();

    /// <summary>Waits until all have closed their lanes, and goes on without those whose daemon does not answer: that must not hold up the agent's end.</summary>
    public Task EndAsync()
    {
        Dispose();
        return WithinCloseLimitAsync(Task.WhenAll(_ended), _clock);
    }

    /// <summary>Runs one call on a thread of its own: for what may block longer than any limit, such as opening and closing.</summary>
    public static Task<T> RunAloneAsync<T>(string name, Func<T> call)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Complete(result, call)) { IsBackground = true, Name = name }.Start();
        return result.Task;
    }

    /// <summary>Runs a closing call, and goes on without it where the daemon does not answer: that must not hold up the agent's end.</summary>
    public static Task CloseAsync(string name, Func<bool> close, TimeProvider clock) => WithinCloseLimitAsync(RunAloneAsync(name, close), clock);

    private static async Task WithinCloseLimitAsync(Task closing, TimeProvider clock)
    {
        try
        {
            await closing.WaitAsync(CloseLimit, clock);
        }
        catch (TimeoutException)
        {
            _ = closing.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    // Nobody waits for it any more: what it still brings is let go, and its failure is nobody's news.
    private static void Abandon<T>(Task<T> call, Action ended) => _ = call.ContinueWith(
        late =>
        {
            ended();
            _ = late.Exception;

            if (late is { IsCompletedSuccessfully: true, Result: IDisposable unwanted })
            {
                unwanted.Dispose();
            }
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private bool TryAdd(Action<LibvirtLane> call)
    {
        try
        {
            return _calls.TryAdd(call);
        }
        catch (InvalidOperationException)
        {
            return false; // Disposed meanwhile.
        }
    }

    private bool Work(LibvirtLane lane)
    {
        foreach (var call in _calls.GetConsumingEnumerable())
        {
            call(lane);
        }

        lane.Close();
        return true;
    }

    private static void Complete<T>(TaskCompletionSource<T> result, Func<T> call)
    {
        try
        {
            result.SetResult(call());
        }
        catch (Exception fault)
        {
            result.SetException(fault);
        }
    }
}
