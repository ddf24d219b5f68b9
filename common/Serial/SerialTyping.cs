using System.Threading.Channels;

namespace Consoles.Common.Serial;

/// <summary>What the viewers of a serial line type: who may, where it goes, and what they are told where it goes nowhere.</summary>
/// <param name="gate">The line's lock.</param>
internal sealed class SerialTyping(Lock gate, SerialAttaching attaching, TimeProvider clock, Action wakeAll)
{
    /// <summary>How long a viewer's input waits for a guest that does not read. While it waits, the viewer's leaving is not noticed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A held key is not answered by a sentence each.
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(2);

    private readonly SerialWriters _writers = new();

    /// <summary>Counts the changes of the writer. The line's lock is held.</summary>
    public int Version => _writers.Version;

    /// <summary>Who writes. The line's lock is held.</summary>
    public SerialView? Writer => _writers.Writer;

    public async Task TypeAsync(SerialView view, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (Claim(view) is { } claim)
        {
            await OrderAsync(view, limited => claim.Guest.TypeAsync(bytes.ToArray(), () => Holds(view, claim.TakeOvers), limited), cancellationToken);
        }
    }

    public async Task BreakAsync(SerialView view, CancellationToken cancellationToken)
    {
        if (Claim(view) is { } claim)
        {
            await OrderAsync(view, limited => claim.Guest.BreakAsync(view.Notify, () => Holds(view, claim.TakeOvers), limited), cancellationToken);
        }
    }

    public void Take(SerialView view) => Change(() => _writers.Take(view), view);

    public void Release(SerialView view) => Change(() =>
    {
        _writers.Release(view);
        return null;
    }, view);

    private async Task OrderAsync(SerialView view, Func<CancellationToken, ValueTask> order, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);

        try
        {
            await order(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Refuse(view, "Nothing was sent: the guest does not read what is typed.");
        }
        catch (ChannelClosedException)
        {
            Refuse(view, "Nothing was sent: the console is not connected to the guest any more.");
        }
    }

    /// <returns>The guest that this viewer may write to now, or null when it may not, which it has then been told.</returns>
    private (AttachedGuest Guest, int TakeOvers)? Claim(SerialView view)
    {
        AttachedGuest? guest = null;
        var takeOvers = 0;
        Change(
            () =>
            {
                var refusal = _writers.Claim(view);
                (guest, takeOvers) = (refusal is null ? attaching.Guest : null, _writers.TakeOvers);
                return refusal ?? (guest is null ? "Nothing was sent: the console is not connected to the guest." : null);
            },
            view);
        return guest is null ? null : (guest, takeOvers);
    }

    // Of a writer who has left by itself, what it typed is still sent: another may follow it, and has not pushed it out.
    private bool Holds(SerialView view, int takeOvers)
    {
        lock (gate)
        {
            if (_writers.TakeOvers == takeOvers)
            {
                return true;
            }
        }

        Refuse(view, "What you typed last was not sent: another has taken over.");
        return false;
    }

    private void Change(Func<string?> change, SerialView view)
    {
        string? refusal;
        int before, after;

        lock (gate)
        {
            (before, refusal, after) = (_writers.Version, change(), _writers.Version);
        }

        if (refusal is not null)
        {
            Refuse(view, refusal);
        }

        if (before != after)
        {
            wakeAll();
        }
    }

    private void Refuse(SerialView view, string words)
    {
        // What is typed now and what was typed before may be refused at the same time.
        lock (gate)
        {
            if (view.Refused?.Words != words || clock.GetElapsedTime(view.Refused.Value.At) > Repeat)
            {
                view.Refused = (words, clock.GetTimestamp());
                view.Notify(words);
            }
        }
    }
}
