namespace Consoles.Common.Rfb;

/// <summary>A connection during its handshakes: waits for whole messages, and sends them.</summary>
/// <remarks>
/// It asks the stream for the bytes that the message at hand still lacks and never for more. So nothing is left over in a buffer here when
/// TLS or the relay goes on with the stream, and nothing sent in the clear can pass for something said under TLS.
/// </remarks>
internal sealed class RfbWire(Stream stream)
{
    // The longest message is a ServerInit: 24 bytes and its name.
    private const int MaxMessageLength = 24 + RfbReader.MaxNameLength;

    private readonly byte[] _buffer = new byte[MaxMessageLength];

    public delegate bool TryRead<T>(ref RfbReader reader, out T message);

    public delegate void Write(ref RfbWriter writer);

    public Stream Stream => stream;

    /// <param name="awaited">The message in words, for the sentence that says it did not come.</param>
    /// <exception cref="RfbException">The peer broke the protocol, or the connection.</exception>
    public async Task<T> ReadAsync<T>(TryRead<T> tryRead, string awaited, CancellationToken cancellationToken)
    {
        var held = 0;

        while (true)
        {
            if (TryParse(tryRead, held, out var missing) is (true, var message))
            {
                return message!;
            }

            var got = await ReceiveAsync(_buffer.AsMemory(held, missing), awaited, cancellationToken);
            held += got;
        }
    }

    /// <exception cref="RfbException">The peer broke the connection.</exception>
    public async Task WriteAsync(Write write, CancellationToken cancellationToken)
    {
        var length = Compose(write);

        try
        {
            await stream.WriteAsync(_buffer.AsMemory(0, length), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new RfbException("The peer closed the connection during the RFB handshake.", e, RfbFault.Ended);
        }
    }

    private (bool Whole, T? Message) TryParse<T>(TryRead<T> tryRead, int held, out int missing)
    {
        var reader = new RfbReader(_buffer.AsSpan(0, held));
        var whole = tryRead(ref reader, out var message);
        missing = reader.Missing;
        return (whole, message);
    }

    private int Compose(Write write)
    {
        var writer = new RfbWriter(_buffer);
        write(ref writer);
        return writer.Written;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> into, string awaited, CancellationToken cancellationToken)
    {
        int got;

        try
        {
            got = await stream.ReadAsync(into, cancellationToken);
        }
        catch (IOException e)
        {
            throw new RfbException($"The peer broke the connection instead of sending {awaited}.", e, RfbFault.Ended);
        }

        return got > 0 ? got : throw new RfbException($"The peer closed the connection instead of sending {awaited}.", fault: RfbFault.Ended);
    }
}
