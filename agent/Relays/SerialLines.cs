using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

/// <summary>All serial lines of this node, as its inventory has them: attached from when a guest is first seen, kept through its runs.</summary>
internal sealed class SerialLines(
    NodeInventory inventory, SerialConsoles consoles, IOptions<SerialOptions> options, TimeProvider clock, ILogger<SerialLines> logger) : BackgroundService
{
    // A guest that is undefined and defined anew, as by virsh create, is the same to whoever reads its past.
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookForForgotten = TimeSpan.FromMinutes(1);

    // Below this, a ring is not worth having; ten thousand consoles are what the total is then exceeded by.
    private const int LeastScrollback = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(DomainId Domain, string Console), GuestLine> _lines = [];
    private long _version = -1;
    private bool _connected;
    private int _share;

    /// <summary>How much memory all of the past takes at the moment.</summary>
    public long Allocated
    {
        get
        {
            lock (_gate)
            {
                return _lines.Values.Sum(line => (long)line.Line.Allocated);
            }
        }
    }

    public GuestLine? Find(DomainId domain, string console)
    {
        Follow(inventory.Current);

        lock (_gate)
        {
            return _lines.GetValueOrDefault((domain, console));
        }
    }

    /// <summary>A viewer has left.</summary>
    public static void Left(GuestLine line)
    {
        if (!line.KeepsPast)
        {
            line.Line.Forget();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                Follow(inventory.Current);
                await ForgetAsync();
                await NewsAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await DisposeAsync(TakeAll());
        }
    }

    private async Task NewsAsync(CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(LookForForgotten, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);

        try
        {
            await inventory.NewerThanAsync(_version, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }
    }

    private void Follow(InventorySnapshot snapshot)
    {
        lock (_gate)
        {
            if (snapshot.Version <= _version)
            {
                return;
            }

            _version = snapshot.Version;

            foreach (var domain in snapshot.Domains.Values)
            {
                Follow(domain);
            }

            foreach (var ((id, console), line) in _lines)
            {
                Follow(line, snapshot.Domains.GetValueOrDefault(id), console);
            }

            Share();

            // What failed because libvirt was away need not wait for its turn.
            foreach (var line in _lines.Values.Where(_ => snapshot.Libvirt.Connected && !_connected))
            {
                line.Line.Retry();
            }

            _connected = snapshot.Libvirt.Connected;
        }
    }

    private void Follow(DomainReport domain)
    {
        if (domain.Incarnation is { } run)
        {
            foreach (var console in domain.Consoles.Where(console => SerialConsoles.Refusal(console) is null && !_lines.ContainsKey((domain.Id, console.Name))))
            {
                var line = new GuestLine(domain, console.Name, Size(), clock, consoles.AttachAsync);
                line.Line.StateChanged += new Told(line, logger).Changed;
                _lines.Add((domain.Id, console.Name), line);
            }
        }
    }

    private void Follow(GuestLine line, DomainReport? domain, string name)
    {
        if (domain is not null)
        {
            line.SeenAt = clock.GetTimestamp();
        }

        if (domain?.Incarnation is { } run && domain.Consoles.FirstOrDefault(console => console.Name == name) is { } console && SerialConsoles.Refusal(console) is null)
        {
            line.Runs(run, console, options.Value.Keeps(domain));
        }
        else
        {
            line.Ended();
        }
    }

    private int Size() => (int)Math.Clamp(options.Value.MaxScrollbackTotal / Math.Max(1, _lines.Count), LeastScrollback, options.Value.ScrollbackBytes);

    // Each has the same share: one guest that floods its console takes nothing from another.
    private void Share()
    {
        var share = Size();

        if (share == _share)
        {
            return;
        }

        foreach (var line in _lines.Values)
        {
            line.Line.Resize(share);
        }

        if (share < options.Value.ScrollbackBytes)
        {
            logger.ScrollbackShared(_lines.Count, share);
        }

        _share = share;
    }

    private async Task ForgetAsync()
    {
        List<GuestLine> forgotten = [];

        lock (_gate)
        {
            foreach (var (key, line) in _lines)
            {
                if (clock.GetElapsedTime(line.SeenAt) > Remembered && !inventory.Current.Domains.ContainsKey(key.Domain))
                {
                    _lines.Remove(key);
                    forgotten.Add(line);
                }
            }
        }

        await DisposeAsync(forgotten);
    }

    // Together: each may take as long as libvirt is given to close a console.
    private static Task DisposeAsync(List<GuestLine> lines) => Task.WhenAll(lines.Select(line => line.DisposeAsync().AsTask()));

    private List<GuestLine> TakeAll()
    {
        lock (_gate)
        {
            List<GuestLine> all = [.. _lines.Values];
            _lines.Clear();
            return all;
        }
    }

    /// <summary>Logs a line's state when it is another than before: what is tried every four seconds is one event.</summary>
    private sealed class Told(GuestLine line, ILogger<SerialLines> logger)
    {
        private SerialState? _last;

        public void Changed(object? sender, SerialState state)
        {
            if (state != _last)
            {
                _last = state;

                if (state.Attached)
                {
                    logger.SerialAttached(line.Domain, line.Console);
                }
                else if (state.Held)
                {
                    logger.SerialHeld(line.Domain, line.Console, state.Holder ?? "an unknown client");
                }
                else
                {
                    logger.SerialNotAttached(line.Domain, line.Console, state.Reason ?? "");
                }
            }
        }
    }
}
