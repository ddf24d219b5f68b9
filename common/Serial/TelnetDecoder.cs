namespace Consoles.Common.Serial;

/// <summary>Takes telnet (RFC 854) out of what a peer sends, and says what to answer. However the bytes are cut, the result is the same.</summary>
/// <param name="escapes">
/// False for a peer that doubles no IAC of its data, as QEMU: its opening negotiation is all the telnet that it ever sends, so what comes afterwards is data.
/// </param>
internal sealed class TelnetDecoder(bool escapes)
{
    // QEMU opens with WILL ECHO, WILL SUPPRESS-GO-AHEAD, WILL BINARY, DO BINARY.
    private const int Opening = 4;

    // RFC 1143, section 7, of which the states that wait for an answer are not needed: we ask for nothing ourselves.
    private readonly bool[] _theyDo = new bool[256];
    private readonly bool[] _weDo = new bool[256];

    private readonly TelnetScanner _scanner = new();
    private int _negotiated;
    private bool _onlyData;

    /// <param name="data">At least one byte longer than <paramref name="wire"/>.</param>
    /// <param name="answers">Told what to send to the peer, in order.</param>
    /// <returns>How many bytes of data there were.</returns>
    public int Decode(ReadOnlySpan<byte> wire, Span<byte> data, List<byte> answers)
    {
        var count = 0;

        foreach (var octet in wire)
        {
            if (_onlyData)
            {
                data[count++] = octet;
                continue;
            }

            if (!escapes && _scanner.IsInCommand && octet is < Telnet.Will or > Telnet.Dont)
            {
                // It was no command: the peer's data began with this value.
                _onlyData = true;
                data[count++] = Telnet.Iac;
                data[count++] = octet;
                continue;
            }

            switch (_scanner.Read(octet))
            {
                case TelnetOctet.Data:
                    _onlyData |= !escapes;
                    data[count++] = octet;
                    break;
                case TelnetOctet.Option:
                    Negotiate(octet, answers);
                    _onlyData |= !escapes && ++_negotiated == Opening;
                    break;
            }
        }

        return count;
    }

    private void Negotiate(byte option, List<byte> answers)
    {
        var theirs = _scanner.Verb is Telnet.Will or Telnet.Wont;
        var on = _scanner.Verb is Telnet.Will or Telnet.Do;
        var does = theirs ? _theyDo : _weDo;

        // What is so already is not answered: that is what keeps two peers from answering each other for ever.
        if (does[option] == on)
        {
            return;
        }

        // The other side echoes; if we did, each key would be seen twice.
        var agreed = on && (option is Telnet.Binary or Telnet.SuppressGoAhead || (option == Telnet.Echo && theirs));
        does[option] = agreed;
        answers.AddRange([Telnet.Iac, theirs ? (agreed ? Telnet.Do : Telnet.Dont) : (agreed ? Telnet.Will : Telnet.Wont), option]);
    }
}
