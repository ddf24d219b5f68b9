using System.Runtime.CompilerServices;

namespace Consoles.Common.Relaying;

/// <summary>A stream from which only those messages are read that its filter lets pass. What is written goes on as it is.</summary>
/// <remarks>Reading throws the filter's <see cref="ProtocolException"/> when the sender sends what nobody may be sent.</remarks>
internal class FilteringStream(Stream inner, MessageFilter messages) : WrappedStream(inner)
{
    // A read that might not even hold a head goes through a buffer of our own.
    private const int SmallLength = 64;

    private byte[]? _small;
    private int _smallStart;
    private int _smallEnd;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_smallEnd > _smallStart)
        {
            return ValueTask.FromResult(TakeSmall(buffer));
        }

        // A read of nothing waits for bytes without holding memory for them.
        return buffer.IsEmpty ? Inner.ReadAsync(buffer, cancellationToken)
            : buffer.Length < SmallLength ? ReadSmallAsync(buffer, cancellationToken)
            : ReadFilteredAsync(buffer, cancellationToken);
    }

    /// <summary>The sender used the console, allowed or not.</summary>
    protected virtual void OnInput()
    {
    }

    // In place: what came is read behind room for what was held back, so that writing never overtakes reading.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFilteredAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var held = messages.Held;
            var received = await Inner.ReadAsync(buffer[held..], cancellationToken);

            if (received == 0)
            {
                return 0;
            }

            var passed = messages.Filter(buffer.Span.Slice(held, received), buffer.Span);

            if (messages.SawInput)
            {
                OnInput();
            }

            // Nothing would mean the end to whoever reads here.
            if (passed > 0)
            {
                return passed;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadSmallAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _small ??= new byte[SmallLength];
        _smallStart = 0;
        _smallEnd = await ReadFilteredAsync(_small, cancellationToken);
        return TakeSmall(buffer);
    }

    private int TakeSmall(Memory<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _smallEnd - _smallStart);
        _small.AsMemory(_smallStart, length).CopyTo(buffer);
        _smallStart += length;
        return length;
    }
}
