namespace Consoles.Tests.Fakes;

/// <summary>A clock that stands still until it is told to go on. Timers made from it fire, in order, inside <see cref="Advance"/>.</summary>
/// <param name="start">What it shows at first. The real time, where certificates are looked at that are made by it; unset: a time like any other.</param>
internal sealed class TestClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TestTimer> _timers = [];
    private DateTimeOffset _now = start ?? new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>One that begins at the machine's time, by which certificates are judged in handshakes.</summary>
    public static TestClock OfMachine() => new(System.GetUtcNow());

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers have not fired for the last time.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    /// <summary>How long it is until the next timer fires; for ever where there is none.</summary>
    public TimeSpan UntilNext
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count == 0 ? TimeSpan.MaxValue : _timers.Min(timer => timer.Due) - _now;
            }
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TestTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;

        while (true)
        {
            TestTimer? next;

            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);

                if (next is null)
                {
                    _now = until;
                    return;
                }

                _now = next.Due;
                next.Rearm();
            }

            next.Fire();
        }
    }

    /// <summary>Waits for something, while the clock goes on in such steps.</summary>
    public async Task<T> AdvanceUntilAsync<T>(Task<T> over, TimeSpan step)
    {
        await Eventually.TrueAsync(() =>
        {
            Advance(step);
            return over.IsCompleted;
        });
        return await over;
    }

    /// <summary>Waits for something that itself waits on this clock alone, which goes on by such a step whenever it does: what lies between takes as long as it takes.</summary>
    /// <returns>How far the clock went on.</returns>
    public async Task<TimeSpan> StepUntilAsync(Task over, TimeSpan step)
    {
        var passed = TimeSpan.Zero;

        while (true)
        {
            await Eventually.TrueAsync(() => over.IsCompleted || Waiting > 0);

            if (over.IsCompleted)
            {
                return passed;
            }

            Advance(step);
            passed += step;
        }
    }

    private sealed class TestTimer(TestClock clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                clock._timers.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                _period = period;

                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime;
                    clock._timers.Add(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
