using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Common.Serial;

namespace Consoles.Agent.Relays;

/// <summary>Opens a serial console for one more viewer of its line.</summary>
internal sealed class SerialOpener(NodeInventory inventory, SerialLines lines, TimeProvider clock) : IStreamOpener
{
    // Before whoever asked gives up, so that it is told why.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);

    public bool Opens(StreamSource source) => source is SerialSource;

    public async Task<OpenedStream> OpenAsync(Incarnation run, StreamSource source, CancellationToken cancellationToken)
    {
        var wanted = (SerialSource)source;
        var line = SerialRuns.Find(inventory.Current, lines, run, wanted.Console);

        if (line?.EndOf(run) is not { } end)
        {
            throw StreamOpenException.RunIsOver();
        }

        var want = line.Line.Want();

        try
        {
            await AttachAsync(line, wanted.Force, cancellationToken);
            return new OpenedSerial(line, new SerialViewer(wanted.Viewer, wanted.MayWrite), want, end);
        }
        catch
        {
            want.Dispose();
            SerialLines.Left(line);
            throw;
        }
    }

    private async Task AttachAsync(GuestLine line, bool force, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            var state = await line.Line.AttachAsync(force, either.Token);

            if (!state.Attached)
            {
                // Force is for pseudo-terminals: who holds a socket is between QEMU and that client.
                var words = state.Held && force ? $"{state.Reason} It cannot be taken from that one by force." : state.Reason;
                throw new StreamOpenException(state.Held ? StreamFault.Held : StreamFault.Failed, words ?? "The console could not be opened.");
            }
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StreamOpenException(StreamFault.Failed, "The console did not open in time.", late);
        }
    }

    private sealed class OpenedSerial(GuestLine line, SerialViewer viewer, IDisposable want, CancellationToken end) : OpenedStream
    {
        public override async Task ServeAsync(Stream broker, CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(end, cancellationToken);
            await line.Line.ServeAsync(broker, viewer, either.Token);
        }

        public override ValueTask DisposeAsync()
        {
            want.Dispose();
            SerialLines.Left(line);
            return ValueTask.CompletedTask;
        }
    }
}
