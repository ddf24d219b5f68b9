namespace Consoles.Common.Serial;

/// <summary>Moves the frames of one viewer of a serial line, both ways.</summary>
internal static class SerialServing
{
    public static async Task RunAsync(SerialLine line, SerialTyping typing, SerialView view, Stream viewer, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = ToItsEndAsync(SendAsync(line, view, viewer, ended.Token));
        var receiving = ToItsEndAsync(ReceiveAsync(typing, view, viewer, ended.Token));

        await Task.WhenAny(sending, receiving);
        await ended.CancelAsync();
        await Task.WhenAll(sending, receiving);
    }

    private static async Task SendAsync(SerialLine line, SerialView view, Stream viewer, CancellationToken cancellationToken)
    {
        var frame = new byte[SerialFrame.HeaderSize + SerialFrame.MaxPayload];

        while (true)
        {
            while (line.NextFrame(view, frame) is var length and > 0)
            {
                await viewer.WriteAsync(frame.AsMemory(0, length), cancellationToken);
            }

            await viewer.FlushAsync(cancellationToken);
            await view.NewsAsync(cancellationToken);
        }
    }

    private static async Task ReceiveAsync(SerialTyping typing, SerialView view, Stream viewer, CancellationToken cancellationToken)
    {
        var frames = new SerialFrameReader(viewer);

        while (await frames.ReadAsync(cancellationToken) is { } frame)
        {
            switch (frame.Type)
            {
                case SerialFrameType.Input:
                    await typing.TypeAsync(view, frame.Payload, cancellationToken);
                    break;
                case SerialFrameType.Break:
                    await typing.BreakAsync(view, cancellationToken);
                    break;
                case SerialFrameType.Take:
                    typing.Take(view);
                    break;
                case SerialFrameType.Release:
                    typing.Release(view);
                    break;
                default:
                    throw new InvalidDataException($"A viewer sent a frame of type {(byte)frame.Type:x2}.");
            }
        }
    }

    // The viewer's leaving, its stream's failing and its breaking the rules are all its end, and nobody's fault here.
    private static async Task ToItsEndAsync(Task moving)
    {
        try
        {
            await moving;
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or InvalidDataException or ObjectDisposedException)
        {
            return;
        }
    }
}
