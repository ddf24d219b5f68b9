using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>
/// Keeps handshakes with a guest's console and reloads of its certificate apart: a QEMU that is told to reload while somebody is in a handshake
/// with it may crash. Agents hold, connectors enter.
/// </summary>
internal sealed class HandshakeHolds(TimeProvider clock)
{
    /// <summary>From the moment that a hold is asked for, with the wait for handshakes that are under way.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(HoldRequest.MaxMilliseconds);

    /// <summary>What must be left of <see cref="Limit"/> for the reload: a hold that was granted at its end would be over in the middle of it.</summary>
    public static readonly TimeSpan Reload = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<HeldConsole, Door> _doors = [];
    private readonly Lock _gate = new();

    /// <summary>Waits while the console is held. Until the result is disposed, a handshake is under way.</summary>
    public async Task<IDisposable> EnterAsync(HeldConsole console, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            TimeSpan left;

            lock (_gate)
            {
                var door = DoorOf(console);
                left = Left(door);

                if (left <= TimeSpan.Zero)
                {
                    door.Inside++;
                    return new Entered(this, console);
                }

                change = door.Change.Task;
            }

            await WaitAsync(change, left, cancellationToken);
        }
    }

    /// <summary>Lets nobody in any more, and waits until whoever is in has left.</summary>
    /// <returns>False when whoever was in left too late for a reload, or not at all; the hold is over then.</returns>
    public async Task<bool> HoldAsync(HeldConsole console, CancellationToken cancellationToken)
    {
        long began;

        lock (_gate)
        {
            Tidy();
            began = clock.GetTimestamp();
            DoorOf(console).HeldSince = began;
        }

        try
        {
            while (true)
            {
                var left = Limit - Reload - clock.GetElapsedTime(began);

                if (left <= TimeSpan.Zero)
                {
                    Release(console, began);
                    return false;
                }

                Task change;

                lock (_gate)
                {
                    var door = DoorOf(console);

                    if (door.Inside == 0)
                    {
                        return true;
                    }

                    change = door.Change.Task;
                }

                await WaitAsync(change, left, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            Release(console, began);
            throw;
        }
    }

    /// <summary>Ends a hold before its time. Without one, nothing happens.</summary>
    public void Release(HeldConsole console) => Change(console, door => door.HeldSince = null);

    // A later hold of the same console goes on.
    private void Release(HeldConsole console, long began) => Change(console, door =>
    {
        if (door.HeldSince == began)
        {
            door.HeldSince = null;
        }
    });

    private async Task WaitAsync(Task change, TimeSpan left, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(change, Task.Delay(left, clock, ending.Token));
        await ending.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Change(HeldConsole console, Action<Door> change)
    {
        lock (_gate)
        {
            if (!_doors.TryGetValue(console, out var door))
            {
                return;
            }

            change(door);
            door.Change.TrySetResult();
            door.Change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

            if (IsIdle(door))
            {
                _doors.Remove(console);
            }
        }
    }

    private Door DoorOf(HeldConsole console)
    {
        if (!_doors.TryGetValue(console, out var door))
        {
            _doors[console] = door = new Door();
        }

        return door;
    }

    // Holds that ended by themselves leave their doors behind.
    private void Tidy()
    {
        foreach (var (key, door) in _doors)
        {
            if (IsIdle(door))
            {
                _doors.Remove(key);
            }
        }
    }

    private bool IsIdle(Door door) => door.Inside == 0 && Left(door) <= TimeSpan.Zero;

    private TimeSpan Left(Door door) => door.HeldSince is { } since ? Limit - clock.GetElapsedTime(since) : TimeSpan.Zero;

    private sealed class Door
    {
        public int Inside { get; set; }

        public long? HeldSince { get; set; }

        public TaskCompletionSource Change { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Entered(HandshakeHolds holds, HeldConsole console) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                holds.Change(console, door => door.Inside--);
            }
        }
    }
}

/// <param name="Node">Who reports the run: another node that claims the same one holds and releases nothing of this one's.</param>
internal sealed record HeldConsole(string Node, Incarnation Run, string Console);
