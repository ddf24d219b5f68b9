namespace Consoles.Common.Serial;

/// <summary>The one connection to a guest's serial console.</summary>
internal abstract class SerialAttachment : IAsyncDisposable
{
    /// <returns>How many bytes came; 0 when the console is closed on the guest's side.</returns>
    /// <exception cref="IOException">The connection failed.</exception>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <exception cref="IOException">The connection failed.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <exception cref="SerialException">A break cannot be sent to this console; the message says why, for the viewer.</exception>
    public abstract Task SendBreakAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Opens the one connection to a guest's serial console.</summary>
/// <param name="force">Take it from whoever holds it, where that is possible.</param>
/// <exception cref="SerialException">It cannot be opened; the message says why, for the viewer.</exception>
internal delegate Task<SerialAttachment> SerialAttach(bool force, CancellationToken cancellationToken);

/// <summary>A serial console could not be opened, or not be used as wanted. The message is for the viewer.</summary>
/// <param name="held">Somebody outside of Consoles holds it.</param>
internal sealed class SerialException(string message, bool held = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsHeld => held;

    /// <summary>Who holds it, for the log of whoever runs the node; null where that is not known.</summary>
    public string? Holder { get; init; }
}
