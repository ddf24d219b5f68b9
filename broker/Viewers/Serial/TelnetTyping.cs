using Consoles.Common.Serial;

namespace Consoles.Broker.Viewers.Serial;

/// <summary>Takes telnet (RFC 854) out of what a viewer sends; the broker is the server. However the bytes are cut, the result is the same.</summary>
internal sealed class TelnetTyping
{
    /// <summary>What a session begins with: the guest echoes, nobody waits for a turn, and eight bits count, which leaves ends of lines as they are (RFC 856, 857, 858).</summary>
    public static readonly byte[] Opening =
    [
        Telnet.Iac, Telnet.Will, Telnet.Echo,
        Telnet.Iac, Telnet.Will, Telnet.SuppressGoAhead,
        Telnet.Iac, Telnet.Do, Telnet.SuppressGoAhead,
        Telnet.Iac, Telnet.Will, Telnet.Binary,
        Telnet.Iac, Telnet.Do, Telnet.Binary,
    ];

    private readonly TelnetScanner _scanner = new();
    private bool _binary;
    private bool _afterReturn;

    /// <summary>Reads on until the end or until a break.</summary>
    /// <param name="data">At least as long as <paramref name="wire"/>.</param>
    /// <param name="answers">Told what to send to the viewer, in order.</param>
    public TelnetRead Read(ReadOnlySpan<byte> wire, Span<byte> data, List<byte> answers)
    {
        var count = 0;

        for (var i = 0; i < wire.Length; i++)
        {
            var octet = wire[i];

            switch (_scanner.Read(octet))
            {
                case TelnetOctet.Data:
                    count += Take(octet, data[count..]);
                    break;
                case TelnetOctet.Command when octet == Telnet.Break:
                    return new TelnetRead(i + 1, count, Broke: true);
                case TelnetOctet.Option:
                    Negotiate(_scanner.Verb, octet, answers);
                    break;
            }
        }

        return new TelnetRead(wire.Length, count, Broke: false);
    }

    // Without the binary option, Enter is a return with a zero or a line feed behind it (RFC 854, "the NVT printer and keyboard").
    private int Take(byte octet, Span<byte> data)
    {
        var padding = !_binary && _afterReturn && (octet is 0 or (byte)'\n');

        // An escaped 255 is no key, and changes nothing of what is awaited.
        _afterReturn = octet == '\r' || (_afterReturn && octet == Telnet.Iac);

        if (padding)
        {
            return 0;
        }

        data[0] = octet;
        return 1;
    }

    private void Negotiate(byte verb, byte option, List<byte> answers)
    {
        if (option == Telnet.Binary && (verb is Telnet.Will or Telnet.Wont))
        {
            _binary = verb == Telnet.Will;
        }

        // What was opened with is answered by this; an answer to it would be answered again. A refusal needs none either.
        if (option is Telnet.Echo or Telnet.SuppressGoAhead or Telnet.Binary || verb is Telnet.Wont or Telnet.Dont)
        {
            return;
        }

        answers.AddRange([Telnet.Iac, verb == Telnet.Will ? Telnet.Dont : Telnet.Wont, option]);
    }
}

/// <param name="Consumed">How much of the wire was read.</param>
/// <param name="Count">How many bytes of data there were.</param>
/// <param name="Broke">A break stands behind the data.</param>
internal readonly record struct TelnetRead(int Consumed, int Count, bool Broke);
