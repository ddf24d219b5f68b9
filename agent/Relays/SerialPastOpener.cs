using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

/// <summary>Opens what a serial console has shown so far: its line's past, or where none is kept, its log file.</summary>
internal sealed class SerialPastOpener(NodeInventory inventory, SerialLines lines, IOptions<SerialOptions> options) : IStreamOpener
{
    private const int MaxBytes = 64 * 1024 * 1024;

    public bool Opens(StreamSource source) => source is SerialPastSource;

    public Task<OpenedStream> OpenAsync(Incarnation run, StreamSource source, CancellationToken cancellationToken)
    {
        var wanted = (SerialPastSource)source;
        var snapshot = inventory.Current;
        var line = SerialRuns.Find(snapshot, lines, run, wanted.Console);
        var size = Math.Clamp(wanted.MaxBytes, 0, MaxBytes);

        // What a line without scrollback holds is what its viewers of this moment saw, and no log.
        return Task.FromResult<OpenedStream>(new OpenedBytes(line is { KeepsPast: true } ? line.Line.Past(size) : FromLog(snapshot, run, wanted.Console, size)));
    }

    private byte[] FromLog(InventorySnapshot snapshot, Incarnation run, string console, int size)
    {
        if (SerialRuns.EndpointOf(snapshot.Domains[run.Domain], console)?.LogFile is not { } file)
        {
            throw new StreamOpenException(StreamFault.Failed, "Nothing is kept of this console: scrollback is off, and the domain has no log file for it.");
        }

        return LogTail.Read(file, options.Value.LogDirectories, size);
    }
}
