using System.Buffers.Binary;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>A connection during its link stage. It asks for the bytes that the message at hand still lacks and never for more, so nothing is left over in a buffer.</summary>
/// <param name="peer">Who is at the other end, for sentences: "The guest", "The viewer".</param>
internal sealed class SpiceWire(Stream stream, string peer)
{
    public async Task<SpiceLinkMessage> ReadMessageAsync(CancellationToken cancellationToken) =>
        SpiceLink.ReadMessage(await ReadLinkAsync("its link message", cancellationToken), peer);

    public async Task<SpiceLinkReply> ReadReplyAsync(CancellationToken cancellationToken) =>
        SpiceLink.ReadReply(await ReadLinkAsync("its answer to the link message", cancellationToken), peer);

    public async Task<uint> ReadNumberAsync(string awaited, CancellationToken cancellationToken) =>
        BinaryPrimitives.ReadUInt32LittleEndian(await ReadAsync(sizeof(uint), awaited, cancellationToken));

    /// <param name="awaited">The message in words, for the sentence that says it did not come.</param>
    /// <exception cref="SpiceException">The peer ended the connection.</exception>
    public async Task<byte[]> ReadAsync(int length, string awaited, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];

        try
        {
            await stream.ReadExactlyAsync(bytes, cancellationToken);
            return bytes;
        }
        catch (EndOfStreamException e)
        {
            throw new SpiceException($"{peer} closed the connection instead of sending {awaited}.", e, SpiceFault.Ended);
        }
        catch (IOException e)
        {
            throw new SpiceException($"{peer} broke the connection instead of sending {awaited}.", e, SpiceFault.Ended);
        }
    }

    /// <exception cref="SpiceException">The peer ended the connection.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new SpiceException($"{peer} closed the connection during the link stage.", e, SpiceFault.Ended);
        }
    }

    public Task WriteNumberAsync(uint number, CancellationToken cancellationToken)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return WriteAsync(bytes, cancellationToken);
    }

    private async Task<byte[]> ReadLinkAsync(string awaited, CancellationToken cancellationToken)
    {
        var length = SpiceLink.ReadHeader(await ReadAsync(SpiceLink.HeaderLength, awaited, cancellationToken), peer);
        return await ReadAsync(length, awaited, cancellationToken);
    }
}
