using Consoles.Common.Inventory;
using Consoles.Common.Serial;

namespace Consoles.Agent.Relays;

/// <summary>The serial line of one console of one domain, through all of its runs.</summary>
internal sealed class GuestLine : IAsyncDisposable
{
    // So that what a guest says last, and why it is the last, still reaches its viewers.
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Func<Incarnation, ConsoleEndpoint, bool, CancellationToken, Task<SerialAttachment>> _attach;
    private (Incarnation Run, ConsoleEndpoint Console, CancellationTokenSource End)? _run;
    private CancellationTokenSource? _ended;
    private IDisposable? _kept;
    private bool _hasRun;

    public GuestLine(
        DomainReport domain, string console, int scrollback, TimeProvider clock, Func<Incarnation, ConsoleEndpoint, bool, CancellationToken, Task<SerialAttachment>> attach)
    {
        (Domain, Console, _clock, _attach) = (domain.Name, console, clock, attach);
        Line = new SerialLine(AttachAsync, scrollback, clock);
    }

    public string Domain { get; }

    public string Console { get; }

    public SerialLine Line { get; }

    /// <summary>When the domain was last known to libvirt.</summary>
    public long SeenAt { get; set; }

    /// <summary>The past is kept, whether or not the domain runs at the moment.</summary>
    public bool KeepsPast { get; private set; }

    /// <summary>What ends when that run does, or null when it is not the present one.</summary>
    public CancellationToken? EndOf(Incarnation run)
    {
        lock (_gate)
        {
            return _run is { } present && present.Run == run ? present.End.Token : null;
        }
    }

    /// <summary>The console is open to be attached, in that run.</summary>
    public void Runs(Incarnation run, ConsoleEndpoint console, bool keep)
    {
        CancellationTokenSource? before = null;
        bool anew;

        lock (_gate)
        {
            anew = _run?.Run != run;
            before = anew ? _run?.End ?? _ended : null;
            _run = (run, console, anew ? new CancellationTokenSource() : _run!.Value.End);
        }

        if (anew)
        {
            // No viewer of the run before sees a byte of this one.
            _ = before?.CancelAsync();

            if (_hasRun)
            {
                Line.Say($"The domain was started anew, {_clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z");
            }

            _hasRun = true;
            Line.Reattach();
        }

        KeepsPast = keep;
        Keep(keep);
    }

    /// <summary>The run is over, or has no such console any more.</summary>
    public void Ended()
    {
        CancellationTokenSource? end;

        lock (_gate)
        {
            end = _run?.End;

            // Still there for its farewell, which the next run ends at once.
            _ended = end ?? _ended;
            _run = null;
        }

        end?.CancelAfter(Farewell);
        Keep(keep: false);
    }

    public async ValueTask DisposeAsync()
    {
        Ended();
        await Line.DisposeAsync();
    }

    private void Keep(bool keep)
    {
        if (keep)
        {
            _kept ??= Line.Want();
        }
        else
        {
            _kept?.Dispose();
            _kept = null;
        }
    }

    private Task<SerialAttachment> AttachAsync(bool force, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _run is { } present
                ? _attach(present.Run, present.Console, force, cancellationToken)
                : throw new SerialException("The domain does not run.");
        }
    }
}
