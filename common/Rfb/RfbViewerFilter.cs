using System.Runtime.CompilerServices;

namespace Consoles.Common.Rfb;

/// <summary>A viewer's stream from which only sound messages are read, and none that the viewer has no right to.</summary>
/// <remarks>What is written goes to the viewer as it is.</remarks>
internal sealed class RfbViewerFilter(Stream viewer, bool viewOnly, TimeProvider clock) : Stream
{
    // A read that might not even hold a head goes through a buffer of our own.
    private const int SmallLength = 64;

    private readonly RfbViewerMessages _messages = new(viewOnly);
    private long _lastInput = clock.GetTimestamp();
    private byte[]? _small;
    private int _smallStart;
    private int _smallEnd;

    /// <summary>When the viewer last used keys, pointer or clipboard, allowed or not, as the clock's timestamp. At first: when it came.</summary>
    public long LastInput => Volatile.Read(ref _lastInput);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="RfbException">The viewer sent what no server may be sent.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_smallEnd > _smallStart)
        {
            return ValueTask.FromResult(TakeSmall(buffer));
        }

        // A read of nothing waits for bytes without holding memory for them.
        return buffer.IsEmpty ? viewer.ReadAsync(buffer, cancellationToken)
            : buffer.Length < SmallLength ? ReadSmallAsync(buffer, cancellationToken)
            : ReadFilteredAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        viewer.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        viewer.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => viewer.FlushAsync(cancellationToken);

    public override void Flush() => viewer.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Reads are asynchronous.");

    public override void Write(byte[] buffer, int offset, int count) => viewer.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await viewer.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            viewer.Dispose();
        }

        base.Dispose(disposing);
    }

    // In place: what came is read behind room for what was held back, so that writing never overtakes reading.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadFilteredAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var held = _messages.Held;
            var received = await viewer.ReadAsync(buffer[held..], cancellationToken);

            if (received == 0)
            {
                return 0;
            }

            var passed = _messages.Filter(buffer.Span.Slice(held, received), buffer.Span);

            if (_messages.SawInput)
            {
                Volatile.Write(ref _lastInput, clock.GetTimestamp());
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
