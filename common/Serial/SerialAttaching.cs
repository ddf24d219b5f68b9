namespace Consoles.Common.Serial;

/// <summary>Keeps a serial line attached to its guest for as long as somebody wants it: attaches, notices the end, attaches again, ever less often.</summary>
internal sealed class SerialAttaching : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(4);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly SerialAttach _attach;
    private readonly TimeProvider _clock;
    private readonly Action<ReadOnlyMemory<byte>> _received;
    private readonly Action _stateChanged;

    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _attachment;
    private TimeSpan _delay = FirstDelay;
    private Task? _running;
    private int _wants;
    private int _begun;
    private int _ended;
    private bool _force;
    private bool _retry;

    public SerialAttaching(SerialAttach attach, TimeProvider clock, Action<ReadOnlyMemory<byte>> received, Action stateChanged) =>
        (_attach, _clock, _received, _stateChanged) = (attach, clock, received, stateChanged);

    public SerialState State { get; private set; } = new(Attached: false, "The console is being opened.");

    public AttachedGuest? Guest { get; private set; }

    public IDisposable Want()
    {
        lock (_gate)
        {
            _wants++;
            _retry |= _wants == 1;
            _running ??= Task.Run(RunAsync);
            Pulse();
        }

        return new Wanting(this);
    }

    public void Retry()
    {
        lock (_gate)
        {
            (_retry, _delay) = (true, FirstDelay);
            Pulse();
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            (_retry, _delay) = (true, FirstDelay);
            LetGo();
            Pulse();
        }
    }

    /// <returns>The state after an attempt that began after this call, or at once where the guest is attached.</returns>
    public async Task<SerialState> NowAsync(bool force, CancellationToken cancellationToken)
    {
        using var wanted = Want();
        int target;

        lock (_gate)
        {
            target = _begun + 1;
            _force |= force && !State.Attached;
        }

        Retry();

        while (true)
        {
            Task changed;

            lock (_gate)
            {
                if (State.Attached || _ended >= target)
                {
                    return State;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();

        Task? running;

        lock (_gate)
        {
            running = _running;
            _running = Task.CompletedTask;
        }

        if (running is not null)
        {
            await running;
        }

        _disposed.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var force = await NextAttemptAsync(_disposed.Token);
                var begun = _clock.GetTimestamp();
                await AttemptAsync(force);

                lock (_gate)
                {
                    // One that held for a while is no sign that the next will not; what ends at once is tried ever less often.
                    _delay = _clock.GetElapsedTime(begun) > LongestDelay ? FirstDelay : _delay;
                }
            }
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            Became(null, new SerialState(Attached: false, "The console was closed."));
        }
    }

    /// <summary>Waits until an attempt is wanted and due.</summary>
    private async Task<bool> NextAttemptAsync(CancellationToken cancellationToken)
    {
        var due = Task.CompletedTask;

        lock (_gate)
        {
            if (_begun > 0)
            {
                due = Task.Delay(_delay * (0.5 + Random.Shared.NextDouble() / 2), _clock, cancellationToken);
                _delay = TimeSpan.FromTicks(Math.Min(_delay.Ticks * 2, LongestDelay.Ticks));
            }
        }

        while (true)
        {
            Task changed;

            lock (_gate)
            {
                if (_wants > 0 && (_retry || due.IsCompleted))
                {
                    (_retry, _begun) = (false, _begun + 1);
                    var force = _force;
                    _force = false;
                    return force;
                }

                changed = _changed.Task;
            }

            await Task.WhenAny(changed, due.IsCompleted ? changed : due).WaitAsync(cancellationToken);
        }
    }

    private async Task AttemptAsync(bool force)
    {
        using var attachment = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);

        lock (_gate)
        {
            _attachment = attachment;

            if (_wants == 0)
            {
                LetGo();
            }
        }

        var state = await OneAsync(force, attachment.Token);

        lock (_gate)
        {
            _attachment = null;
        }

        _disposed.Token.ThrowIfCancellationRequested();
        Became(null, state);
    }

    private async Task<SerialState> OneAsync(bool force, CancellationToken cancellationToken)
    {
        try
        {
            await using var attached = await _attach(force, cancellationToken);
            var guest = new AttachedGuest(attached, _received);
            Became(guest, new SerialState(Attached: true, Reason: null));
            return new SerialState(Attached: false, await guest.RunAsync(cancellationToken));
        }
        catch (SerialException refused)
        {
            return new SerialState(Attached: false, refused.Message, refused.IsHeld, refused.Holder);
        }
        catch (OperationCanceledException)
        {
            return new SerialState(Attached: false, "The console was left.");
        }
        catch (Exception fault)
        {
            // Whatever it is: a line that gave up here would be dead for good, and nobody would know why.
            return new SerialState(Attached: false, $"The console could not be opened: {fault.Message}");
        }
    }

    private void Became(AttachedGuest? guest, SerialState state)
    {
        lock (_gate)
        {
            (Guest, State, _ended) = (guest, state, _begun);

            // Who wanted it by force has it, or has no need to: the next attempt is another matter.
            _force &= !state.Attached;
            Pulse();
        }

        _stateChanged();
    }

    private void Unwant()
    {
        lock (_gate)
        {
            if (--_wants == 0)
            {
                LetGo();
            }
        }
    }

    // Asynchronously: what waits for it must not go on under our lock.
    private void LetGo() => _ = _attachment?.CancelAsync();

    private void Pulse()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private sealed class Wanting(SerialAttaching owner) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                owner.Unwant();
            }
        }
    }
}
