using Consoles.Common.Relaying;

namespace Consoles.Broker.Viewers;

/// <summary>A connection of which some bytes were read ahead, which are read first.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> ahead, Stream inner) : WrappedStream(inner)
{
    private ReadOnlyMemory<byte> _ahead = ahead;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ahead.IsEmpty)
        {
            return base.ReadAsync(buffer, cancellationToken);
        }

        var count = Math.Min(_ahead.Length, buffer.Length);
        _ahead[..count].CopyTo(buffer);
        _ahead = _ahead[count..];
        return ValueTask.FromResult(count);
    }
}
