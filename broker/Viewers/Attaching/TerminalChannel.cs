using Consoles.Broker.Sessions;

namespace Consoles.Broker.Viewers.Attaching;

/// <summary>A person's keys and screen as a viewer of a serial console. Ctrl-] leaves it.</summary>
internal sealed class TerminalChannel(Stream keys, Stream screen) : ViewerChannel
{
    // Ctrl-], as telnet and virsh console have it.
    private const byte Leave = 0x1d;

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _left;

    public override FrameFault? Fault => null;

    public override TimeSpan Silence => TimeSpan.Zero;

    /// <summary>The person pressed Ctrl-], or there are no more keys.</summary>
    public bool HasLeft => Volatile.Read(ref _left);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || HasLeft)
        {
            return 0;
        }

        // A read of a terminal cannot be called off; at the end it is left behind.
        var reading = keys.ReadAsync(buffer, CancellationToken.None).AsTask();

        if (await Task.WhenAny(reading, _closed.Task) != reading)
        {
            return 0;
        }

        var count = await reading;
        var end = buffer.Span[..count].IndexOf(Leave);

        if (count == 0 || end >= 0)
        {
            Volatile.Write(ref _left, true);
        }

        return end >= 0 ? end : count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A screen that takes nothing, as a pipe that nobody reads, must not keep this from its end.
        var writing = Task.Run(() => WriteAllAsync(buffer), CancellationToken.None);

        if (await Task.WhenAny(writing, _closed.Task) != writing)
        {
            throw new IOException("The screen did not take what was written.");
        }

        await writing;
    }

    private async Task WriteAllAsync(ReadOnlyMemory<byte> bytes)
    {
        await screen.WriteAsync(bytes);
        await screen.FlushAsync();
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseAsync(SessionEnding ending)
    {
        _closed.TrySetResult();
        return Task.CompletedTask;
    }
}
