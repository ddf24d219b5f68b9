using System.Net;
using System.Security.Cryptography;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Consoles.Common.Tls;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>The serial lines that this broker dialled itself, each shared by its viewers and let go with the last of them.</summary>
internal sealed class DialledLines(SerialDial dial, TimeProvider clock)
{
    // What viewers who come later are shown of it. It lasts as long as there are viewers.
    private const int Scrollback = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Incarnation, string), DialledLine> _lines = [];

    /// <summary>How many lines are open.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _lines.Count;
            }
        }
    }

    /// <returns>The viewer's stream of frames. Disposing it leaves the line.</returns>
    /// <exception cref="GuestException">The console could not be dialled.</exception>
    public async Task<Stream> JoinAsync(ConsoleTarget target, Incarnation run, IPEndPoint address, SerialViewer viewer, CancellationToken cancellationToken)
    {
        var key = (run, target.Endpoint.Name);
        var line = Enter(key, target, address);

        try
        {
            var state = await line.Line.AttachAsync(force: false, cancellationToken);

            if (!state.Attached)
            {
                throw FailureOf(state, line.Refusal);
            }
        }
        catch
        {
            await LeaveAsync(key, line);
            throw;
        }

        var (ours, theirs) = PipedStream.Pair();
        _ = ServeAsync(key, line, theirs, viewer);
        return ours;
    }

    private static GuestException FailureOf(SerialState state, SerialException? refusal) => new(
        refusal switch
        {
            { IsHeld: true } => GuestFailure.InUse,
            { InnerException: TlsPeerException or CryptographicException } => GuestFailure.Tls,
            _ => GuestFailure.Unreachable,
        },
        refusal?.Message ?? state.Reason ?? "The console has ended.",
        refusal);

    private async Task ServeAsync((Incarnation Run, string Console) key, DialledLine line, Stream viewer, SerialViewer who)
    {
        try
        {
            await line.Line.ServeAsync(viewer, who, line.Ended);
        }
        finally
        {
            // Whatever ended it: a line that a viewer never leaves keeps QEMU's only connection.
            await viewer.DisposeAsync();
            await LeaveAsync(key, line);
        }
    }

    private DialledLine Enter((Incarnation Run, string Console) key, ConsoleTarget target, IPEndPoint address)
    {
        lock (_gate)
        {
            // One whose console has ended takes nobody in.
            if (!_lines.TryGetValue(key, out var line) || line.Ended.IsCancellationRequested)
            {
                _lines[key] = line = new DialledLine(token => dial.AttachAsync(target, key.Run, address, token), Scrollback, clock);
            }

            line.Viewers++;
            return line;
        }
    }

    private async Task LeaveAsync((Incarnation, string) key, DialledLine line)
    {
        lock (_gate)
        {
            if (--line.Viewers > 0)
            {
                return;
            }

            if (_lines.TryGetValue(key, out var present) && present == line)
            {
                _lines.Remove(key);
            }
        }

        await line.DisposeAsync();
    }
}
