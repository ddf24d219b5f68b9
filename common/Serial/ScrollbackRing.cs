namespace Consoles.Common.Serial;

/// <summary>The latest bytes of a serial line. Each byte has a position, counted from the line's first; what is overwritten is gone, positions go on.</summary>
/// <remarks>Takes memory as it fills, up to its capacity. Not thread-safe: its owner has a lock for more than this.</remarks>
internal sealed class ScrollbackRing(int capacity)
{
    private const int FirstSize = 4096;

    private byte[] _bytes = [];
    private int _held;

    public int Capacity { get; private set; } = capacity;

    /// <summary>The position of the oldest byte that is still here.</summary>
    public long Start => End - _held;

    /// <summary>The position that the next byte will have.</summary>
    public long End { get; private set; }

    /// <summary>How much memory is taken at the moment.</summary>
    public int Allocated => _bytes.Length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Capacity)
        {
            End += bytes.Length - Capacity;
            bytes = bytes[^Capacity..];
            _held = 0;
        }

        if (bytes.IsEmpty)
        {
            return;
        }

        Grow(Math.Min((long)_held + bytes.Length, Capacity));
        var at = (int)(End % _bytes.Length);
        var first = Math.Min(bytes.Length, _bytes.Length - at);
        bytes[..first].CopyTo(_bytes.AsSpan(at));
        bytes[first..].CopyTo(_bytes);

        End += bytes.Length;
        _held = (int)Math.Min((long)_held + bytes.Length, Capacity);
    }

    /// <summary>Copies what comes at a position that is still here.</summary>
    /// <returns>How many bytes; 0 at the end.</returns>
    public int Read(long position, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, Start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, End);
        var count = (int)Math.Min(End - position, destination.Length);

        if (count > 0)
        {
            var at = (int)(position % _bytes.Length);
            var first = Math.Min(count, _bytes.Length - at);
            _bytes.AsSpan(at, first).CopyTo(destination);
            _bytes.AsSpan(0, count - first).CopyTo(destination[first..]);
        }

        return count;
    }

    /// <summary>Changes how much may be held; of what is too much, the oldest goes.</summary>
    public void Resize(int capacity)
    {
        Capacity = capacity;
        _held = Math.Min(_held, capacity);

        if (_bytes.Length > capacity)
        {
            MoveTo(capacity);
        }
    }

    public void Clear() => (_bytes, _held) = ([], 0);

    private void Grow(long needed)
    {
        if (needed > _bytes.Length)
        {
            var size = Math.Max(_bytes.Length, FirstSize);

            while (size < needed)
            {
                size *= 2;
            }

            MoveTo(Math.Min(size, Capacity));
        }
    }

    // A byte's place is its position modulo the size, so another size is another place for each.
    private void MoveTo(int size)
    {
        var held = new byte[_held];
        Read(Start, held);
        _bytes = new byte[size];

        for (var copied = 0; copied < held.Length;)
        {
            var at = (int)((Start + copied) % size);
            var count = Math.Min(held.Length - copied, size - at);
            held.AsSpan(copied, count).CopyTo(_bytes.AsSpan(at));
            copied += count;
        }
    }
}
