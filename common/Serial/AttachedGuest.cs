using System.Threading.Channels;

namespace Consoles.Common.Serial;

/// <summary>A serial line's guest while it is attached: what it says goes to the line at once, what it is told waits here until it takes it.</summary>
internal sealed class AttachedGuest(SerialAttachment attachment, Action<ReadOnlyMemory<byte>> received)
{
    // With frames of 16 KiB at most: what a guest that reads nothing makes us hold.
    private const int MaxWaiting = 4;

    private readonly Channel<Order> _orders = Channel.CreateBounded<Order>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    /// <summary>Waits for as long as the guest does not take what came before: whoever types is held up, and nobody else.</summary>
    /// <param name="isWanted">Asked when its turn has come; what is not wanted any more is left out.</param>
    /// <exception cref="ChannelClosedException">The guest is not attached any more.</exception>
    public ValueTask TypeAsync(byte[] bytes, Func<bool> isWanted, CancellationToken cancellationToken) =>
        _orders.Writer.WriteAsync(new Order(bytes, null, isWanted), cancellationToken);

    /// <param name="refused">Told in words when no break can be sent.</param>
    /// <param name="isWanted">As with <see cref="TypeAsync"/>.</param>
    /// <exception cref="ChannelClosedException">The guest is not attached any more.</exception>
    public ValueTask BreakAsync(Action<string> refused, Func<bool> isWanted, CancellationToken cancellationToken) =>
        _orders.Writer.WriteAsync(new Order([], refused, isWanted), cancellationToken);

    /// <summary>Moves bytes until the console ends.</summary>
    /// <returns>Why it ended, in words.</returns>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = WordsAsync(() => ReadAsync(ended.Token));
        var writing = WordsAsync(() => WriteAsync(ended.Token));
        var first = await Task.WhenAny(reading, writing);

        // Whoever waits to type learns that it is in vain.
        _orders.Writer.TryComplete();
        await ended.CancelAsync();
        await Task.WhenAll(reading, writing);
        return await first;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[SerialFrame.MaxPayload];

        while (await attachment.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            received(buffer.AsMemory(0, count));
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await foreach (var order in _orders.Reader.ReadAllAsync(cancellationToken))
        {
            if (!order.IsWanted())
            {
                continue;
            }

            if (order.BreakRefused is null)
            {
                await attachment.WriteAsync(order.Bytes, cancellationToken);
            }
            else
            {
                await BreakAsync(order.BreakRefused);
            }
        }

        async Task BreakAsync(Action<string> refused)
        {
            try
            {
                await attachment.SendBreakAsync(cancellationToken);
            }
            catch (SerialException fault)
            {
                refused(fault.Message);
            }
        }
    }

    private static async Task<string> WordsAsync(Func<Task> move)
    {
        try
        {
            await move();
            return "The console was closed on the guest's side.";
        }
        catch (OperationCanceledException)
        {
            return "The console was left.";
        }
        catch (Exception fault)
        {
            return $"The connection to the console ended: {fault.Message}";
        }
    }

    /// <param name="BreakRefused">Not null: a break is wanted, and not <paramref name="Bytes"/>.</param>
    private sealed record Order(byte[] Bytes, Action<string>? BreakRefused, Func<bool> IsWanted);
}
