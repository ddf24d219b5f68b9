using System.Collections.Concurrent;

namespace Consoles.Agent.Libvirt;

/// <summary>A few threads for calls that block, since libvirt has no other kind. The thread pool never waits for libvirt.</summary>
internal sealed class LibvirtThreads : IDisposable
{
    /// <summary>One domain that libvirt is busy with must not hold up the others; more threads would only queue inside libvirtd.</summary>
    public const int Count = 4;

    private const int MaxWaiting = 256;

    private readonly BlockingCollection<Action> _calls = new(MaxWaiting);
    private readonly TimeSpan _limit;
    private readonly TimeProvider _clock;
    private int _overdue;

    public LibvirtThreads(TimeSpan limit, TimeProvider clock)
    {
        (_limit, _clock) = (limit, clock);

        for (var i = 0; i < Count; i++)
        {
            new Thread(Work) { IsBackground = true, Name = "libvirt-call" }.Start();
        }
    }

    /// <summary>True when every thread is held by a call that is past its limit: libvirt does not answer at all.</summary>
    public bool AllOverdue => Volatile.Read(ref _overdue) >= Count;

    /// <param name="attempt">What the call is for, in words that fit after "libvirt did not".</param>
    /// <exception cref="LibvirtException">The call failed, or was not answered within the limit.</exception>
    public async Task<T> RunAsync<T>(string attempt, Func<T> call, CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);

        if (!TryAdd(() => Complete(result, call)))
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
            _ = result.Task.ContinueWith(
                late =>
                {
                    Interlocked.Decrement(ref _overdue);
                    _ = late.Exception;
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

            throw new LibvirtException($"{attempt}: libvirt has not answered for {_limit.TotalSeconds:0.#} s");
        }
    }

    /// <summary>Takes no more calls. A thread ends when the call that it is in returns.</summary>
    public void Dispose() => _calls.CompleteAdding();

    /// <summary>Runs one call on a thread of its own: for what may block longer than any limit, such as opening and closing.</summary>
    public static Task<T> RunAloneAsync<T>(string name, Func<T> call)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Complete(result, call)) { IsBackground = true, Name = name }.Start();
        return result.Task;
    }

    private bool TryAdd(Action call)
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

    private void Work()
    {
        foreach (var call in _calls.GetConsumingEnumerable())
        {
            call();
        }
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
