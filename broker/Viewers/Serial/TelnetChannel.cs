using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Serial;
using Consoles.Common.Serial;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>A viewer that speaks telnet: what it says of the protocol is answered and not shown, and its break is one.</summary>
internal sealed class TelnetChannel(ViewerChannel inner) : WrappedChannel(inner), IBreaks
{
    private const int WireBytes = 4096;

    private readonly TelnetTyping _typing = new();
    private readonly List<byte> _answers = [];
    private readonly byte[] _wire = new byte[WireBytes];
    private ReadOnlyMemory<byte> _unread;
    private bool _broke;

    public bool TakeBreak()
    {
        var broke = _broke;
        _broke = false;
        return broke;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return _unread.IsEmpty && !_broke ? await Inner.ReadAsync(buffer, cancellationToken) : 0;
        }

        while (!_broke)
        {
            if (_unread.IsEmpty)
            {
                var got = await Inner.ReadAsync(_wire, cancellationToken);

                if (got == 0)
                {
                    return 0;
                }

                _unread = _wire.AsMemory(0, got);
            }

            var read = _typing.Read(_unread.Span[..Math.Min(_unread.Length, buffer.Length)], buffer.Span, _answers);
            _unread = _unread[read.Consumed..];
            _broke = read.Broke;

            if (_answers.Count > 0)
            {
                await Inner.WriteAsync(_answers.ToArray(), cancellationToken);
                _answers.Clear();
            }

            if (read.Count > 0)
            {
                return read.Count;
            }
        }

        return 0;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Inner.WriteAsync(Telnet.Escape(buffer), cancellationToken);

    /// <summary>Asks for a line that is not shown.</summary>
    /// <returns>Null when it is too long.</returns>
    /// <exception cref="IOException">The viewer left.</exception>
    public async Task<string?> AskAsync(string prompt, int maxLength, CancellationToken cancellationToken)
    {
        await Inner.WriteAsync(Encoding.ASCII.GetBytes(prompt), cancellationToken);
        var (line, one) = (new StringBuilder(), new byte[1]);

        while (line.Length <= maxLength)
        {
            if (await ReadAsync(one, cancellationToken) == 0 && !TakeBreak())
            {
                throw new IOException("The viewer left before its token was whole.");
            }

            switch (one[0])
            {
                case (byte)'\r' or (byte)'\n' when line.Length > 0:
                    await Inner.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
                    return line.ToString();
                case (byte)'\b' or 0x7f when line.Length > 0:
                    line.Length--;
                    break;
                case > (byte)' ' and <= (byte)'~':
                    line.Append((char)one[0]);
                    break;
            }

            one[0] = 0;
        }

        return null;
    }
}
