using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Agent.Relays;

/// <summary>Opens one sort of <see cref="StreamSource"/> on this node.</summary>
internal interface IStreamOpener
{
    bool Opens(StreamSource source);

    /// <exception cref="StreamOpenException">It cannot be opened; the message says why, for the viewer.</exception>
    Task<OpenedStream> OpenAsync(Incarnation run, StreamSource source, CancellationToken cancellationToken);
}

/// <summary>What was opened on this node, ready to be carried to the broker.</summary>
internal abstract class OpenedStream : IAsyncDisposable
{
    /// <summary>Carries it until either side ends. Does not throw for an end of either, whatever kind of end it is.</summary>
    public abstract Task ServeAsync(Stream broker, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Something could not be opened.</summary>
internal sealed class StreamOpenException(StreamFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public StreamFault Fault { get; } = fault;

    public static StreamOpenException RunIsOver() => new(StreamFault.NoSuchRun, "That run of the domain is not on this node, or is over.");
}
