namespace Consoles.Common.Serial;

/// <summary>A serial console that is a plain stream of bytes.</summary>
/// <param name="sendBreak">How a break is sent, or null where nothing can.</param>
internal sealed class StreamAttachment(Stream stream, Func<CancellationToken, Task>? sendBreak = null) : SerialAttachment
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => stream.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => stream.WriteAsync(bytes, cancellationToken);

    public override Task SendBreakAsync(CancellationToken cancellationToken) =>
        sendBreak?.Invoke(cancellationToken) ?? throw new SerialException("A break cannot be sent on this console: it is a plain stream of bytes.");

    public override ValueTask DisposeAsync() => stream.DisposeAsync();
}
