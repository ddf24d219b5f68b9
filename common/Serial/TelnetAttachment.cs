namespace Consoles.Common.Serial;

/// <summary>A serial console in telnet, whose negotiation it answers and never shows.</summary>
internal sealed class TelnetAttachment(Stream stream, bool peerEscapes) : SerialAttachment
{
    private static readonly byte[] Break = [Telnet.Iac, Telnet.Break];

    private readonly TelnetDecoder _decoder = new(peerEscapes);
    private readonly List<byte> _answers = [];
    private readonly SemaphoreSlim _oneWriter = new(1);
    private byte[] _wire = [];

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // The decoder may give one byte more than it takes.
        if (_wire.Length < buffer.Length - 1)
        {
            _wire = new byte[buffer.Length - 1];
        }

        while (true)
        {
            var read = await stream.ReadAsync(_wire.AsMemory(0, buffer.Length - 1), cancellationToken);
            var count = _decoder.Decode(_wire.AsSpan(0, read), buffer.Span, _answers);

            if (_answers.Count > 0)
            {
                await SendAsync(_answers.ToArray(), cancellationToken);
                _answers.Clear();
            }

            if (count > 0 || read == 0)
            {
                return count;
            }
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await SendAsync(Telnet.Escape(bytes), cancellationToken);

    public override Task SendBreakAsync(CancellationToken cancellationToken) => SendAsync(Break, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        _oneWriter.Dispose();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> wire, CancellationToken cancellationToken)
    {
        await _oneWriter.WaitAsync(cancellationToken);

        try
        {
            await stream.WriteAsync(wire, cancellationToken);
        }
        finally
        {
            _oneWriter.Release();
        }
    }
}
