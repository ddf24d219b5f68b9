using System.Threading.Channels;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Inventory;

/// <summary>Keeps the readiness of the node's consoles known: probes each when it is new or changed, and then now and again.</summary>
internal sealed class ReadinessProbes(ReadinessProbe probe, TimeProvider clock, ILogger<ReadinessProbes> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Of the interval, up or down, so that the probes of two hundred guests do not meet.</summary>
    public const double Jitter = 0.2;

    /// <summary>A console that could not be reached is tried again after this, and then after twice as long each time, until the interval is reached.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);

    public const int MaxAtOnce = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Incarnation Run, ConsoleEndpoint Console), Watched> _watched = [];

    // Addresses, not consoles: a new run may already be at the port that the last probe of the old run still talks to.
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Raised when a probe found something else than the one before it. Handlers must be quick and must not throw.</summary>
    public event Action<Incarnation, ConsoleEndpoint>? Changed;

    /// <summary>What the latest probe of that console in that run found, or null while there was none.</summary>
    public Readiness? Known(Incarnation run, ConsoleEndpoint console)
    {
        lock (_gate)
        {
            return _watched.GetValueOrDefault((run, Where(console)))?.Found;
        }
    }

    /// <summary>Says which consoles there are. Those not named are forgotten, those not known yet are probed at once.</summary>
    public void Want(IEnumerable<(Incarnation Run, ConsoleEndpoint Console)> consoles)
    {
        lock (_gate)
        {
            var wanted = consoles.Where(one => one.Console.Kind == ConsoleKind.Vnc).Select(one => (one.Run, Console: Where(one.Console))).ToHashSet();

            foreach (var gone in _watched.Keys.Where(key => !wanted.Contains(key)).ToList())
            {
                _watched.Remove(gone);
            }

            foreach (var one in wanted)
            {
                _watched.TryAdd(one, new Watched(one.Run, one.Console, clock.GetUtcNow()));
            }
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Has every console probed again now, because the node's certificates were replaced. One that is being probed is probed once more after that.</summary>
    public void ProbeAgain()
    {
        lock (_gate)
        {
            foreach (var watched in _watched.Values)
            {
                watched.Due = clock.GetUtcNow();
            }
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Probes the given consoles once, beside the schedule, for somebody who waits for the answer.</summary>
    public async Task<IReadOnlyDictionary<(Incarnation Run, ConsoleEndpoint Console), Readiness>> ProbeAllAsync(
        IEnumerable<(Incarnation Run, ConsoleEndpoint Console)> consoles, CancellationToken cancellationToken)
    {
        var found = new System.Collections.Concurrent.ConcurrentDictionary<(Incarnation, ConsoleEndpoint), Readiness>();

        await Parallel.ForEachAsync(
            consoles,
            new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken },
            async (one, token) =>
            {
                if (await probe.ProbeAsync(one.Console, token) is { } readiness)
                {
                    found[one] = readiness;
                }
            });

        return found;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();

        try
        {
            while (true)
            {
                running.RemoveAll(task => task.IsCompleted);
                running.AddRange(TakeDue().Select(watched => ProbeAsync(watched, stoppingToken)));
                await WaitAsync(UntilNextDue(), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(running);
        }
    }

    private List<Watched> TakeDue()
    {
        lock (_gate)
        {
            var due = new List<Watched>();

            foreach (var watched in _watched.Values.Where(watched => watched.Due <= clock.GetUtcNow()).OrderBy(watched => watched.Due))
            {
                if (_busy.Count >= MaxAtOnce)
                {
                    break;
                }

                if (_busy.Add(watched.Address))
                {
                    watched.Due = NextDue();
                    due.Add(watched);
                }
            }

            return due;
        }
    }

    // Null while a free place or a new console must be waited for anyway, and both say so themselves.
    private TimeSpan? UntilNextDue()
    {
        lock (_gate)
        {
            var waiting = _watched.Values.Where(watched => !_busy.Contains(watched.Address)).Select(watched => watched.Due).ToList();

            return waiting.Count == 0 || _busy.Count >= MaxAtOnce
                ? null
                : TimeSpan.FromTicks(Math.Max(0, (waiting.Min() - clock.GetUtcNow()).Ticks));
        }
    }

    private async Task WaitAsync(TimeSpan? due, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        var elapsed = Task.Delay(due ?? Timeout.InfiniteTimeSpan, clock, timer.Token);
        var woken = _wake.Reader.WaitToReadAsync(timer.Token).AsTask();
        await Task.WhenAny(woken, elapsed);
        _wake.Reader.TryRead(out _);
        await timer.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task ProbeAsync(Watched watched, CancellationToken cancellationToken)
    {
        try
        {
            if (await probe.ProbeAsync(watched.Console, cancellationToken) is { } found)
            {
                Remember(watched, found);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent is stopping: what was being asked does not matter any more.
        }
        finally
        {
            lock (_gate)
            {
                _busy.Remove(watched.Address);
            }

            _wake.Writer.TryWrite(true);
        }
    }

    private void Remember(Watched watched, Readiness found)
    {
        bool changed;

        lock (_gate)
        {
            changed = !Same(watched.Found, found) && _watched.ContainsValue(watched);
            watched.Found = found;

            // A guest that is just starting has its port in its XML before QEMU listens there, and must not pass for unreachable for minutes.
            watched.Failures = found.Security == ConsoleSecurity.Unreachable ? watched.Failures + 1 : 0;

            if (watched.Failures > 0)
            {
                var retry = clock.GetUtcNow() + (FirstRetry * Math.Pow(2, Math.Min(watched.Failures, 20) - 1));
                watched.Due = retry < watched.Due ? retry : watched.Due;
            }
        }

        if (changed)
        {
            logger.ReadinessFound(watched.Console.Name, watched.Run.Domain, found.Security, found.Reason, found.Certificate?.Fingerprint);
            Changed?.Invoke(watched.Run, watched.Console);
        }
    }

    private DateTimeOffset NextDue() => clock.GetUtcNow() + (Interval * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble())));

    private static bool Same(Readiness? before, Readiness now) =>
        before is not null && before.Security == now.Security && before.Reason == now.Reason && before.Certificate?.Fingerprint == now.Certificate?.Fingerprint;

    // What a handshake found is no part of where the console is.
    private static ConsoleEndpoint Where(ConsoleEndpoint console) => console with { Readiness = null };

    private sealed class Watched(Incarnation run, ConsoleEndpoint console, DateTimeOffset due)
    {
        public Incarnation Run { get; } = run;

        public ConsoleEndpoint Console { get; } = console;

        public string Address { get; } = console.Path ?? $"{console.Host}:{console.Port}";

        public DateTimeOffset Due { get; set; } = due;

        public Readiness? Found { get; set; }

        public int Failures { get; set; }
    }
}
