using Consoles.Broker.Sessions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>A viewer's channel of which some bytes were read already, and are read again.</summary>
internal sealed class PeekedChannel(ViewerChannel inner) : WrappedChannel(inner)
{
    private ReadOnlyMemory<byte> _peeked;

    /// <summary>Reads the first bytes, or as many as there are before the end.</summary>
    /// <exception cref="IOException">The viewer's connection broke.</exception>
    public async Task<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        var buffer = new byte[count];
        var got = await Inner.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false, cancellationToken);
        return _peeked = buffer.AsMemory(0, got);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_peeked.IsEmpty)
        {
            return Inner.ReadAsync(buffer, cancellationToken);
        }

        var taken = Math.Min(buffer.Length, _peeked.Length);
        _peeked[..taken].CopyTo(buffer);
        _peeked = _peeked[taken..];
        return new(taken);
    }
}
