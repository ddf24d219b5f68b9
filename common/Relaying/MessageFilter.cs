namespace Consoles.Common.Relaying;

/// <summary>What becomes of a message, judged by its head.</summary>
/// <param name="Body">How many bytes follow the head.</param>
/// <param name="Drop">Neither head nor body goes on.</param>
/// <param name="Input">The sender used the console, whether that goes on or not.</param>
internal readonly record struct MessageVerdict(uint Body, bool Drop, bool Input);

/// <summary>Follows the messages of one direction byte by byte, judges each by its head before any of it goes on, and takes out those that may not.</summary>
/// <param name="maxHeadLength">The longest head, which is what is held back at the most.</param>
internal abstract class MessageFilter(int maxHeadLength)
{
    private readonly byte[] _head = new byte[maxHeadLength];
    private uint _body;
    private bool _dropping;

    /// <summary>How many bytes of a head wait here for the rest of it.</summary>
    public int Held { get; private set; }

    /// <summary>Whether the bytes that went in last had a message by which the sender used the console, dropped or not.</summary>
    public bool SawInput { get; private set; }

    /// <summary>Takes in bytes and gives out those that may go on.</summary>
    /// <param name="output">May be the same memory as <paramref name="input"/>, if it begins <see cref="Held"/> bytes before it or more.</param>
    /// <returns>How many were given out: at most those taken in and those held before.</returns>
    /// <exception cref="ProtocolException">The sender sent what nobody may be sent.</exception>
    public int Filter(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        SawInput = false;

        while (input.Length > 0)
        {
            if (_body > 0)
            {
                var length = (int)Math.Min(_body, (uint)input.Length);

                if (!_dropping)
                {
                    input[..length].CopyTo(output[written..]);
                    written += length;
                }

                _body -= (uint)length;
                input = input[length..];
            }
            else
            {
                _head[Held++] = input[0];
                input = input[1..];
                var head = _head.AsSpan(0, Held);

                if (Held == HeadLength(head))
                {
                    var verdict = Judge(head);
                    (_body, _dropping, Held) = (verdict.Body, verdict.Drop, 0);
                    SawInput |= verdict.Input;

                    if (!_dropping)
                    {
                        head.CopyTo(output[written..]);
                        written += head.Length;
                    }
                }
            }
        }

        return written;
    }

    /// <summary>As much of the head as its first bytes tell. While that is all there is, it must be more than is held, or the head would count as whole.</summary>
    /// <exception cref="ProtocolException">Nobody can tell where the next message begins.</exception>
    protected abstract int HeadLength(ReadOnlySpan<byte> held);

    /// <param name="head">Goes on as it is left here.</param>
    /// <exception cref="ProtocolException">Nobody may be sent such a message.</exception>
    protected abstract MessageVerdict Judge(Span<byte> head);
}
