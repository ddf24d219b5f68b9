namespace Consoles.Common.Serial;

/// <summary>Tells the octets of telnet (RFC 854) apart, one after the other, for whichever side reads them.</summary>
internal sealed class TelnetScanner
{
    private Expects _expects = Expects.Data;

    private enum Expects
    {
        Data,
        Command,
        Option,
        Subnegotiation,
        SubnegotiationCommand,
    }

    /// <summary>WILL, WONT, DO or DONT of the option that was read last.</summary>
    public byte Verb { get; private set; }

    /// <summary>Whether an IAC was read, so that the next octet says what it begins.</summary>
    public bool IsInCommand => _expects == Expects.Command;

    /// <summary>What the octet is. An IAC that is data comes as two, of which the second one is.</summary>
    public TelnetOctet Read(byte octet)
    {
        switch (_expects)
        {
            case Expects.Data when octet == Telnet.Iac:
                _expects = Expects.Command;
                return TelnetOctet.Part;
            case Expects.Data:
                return TelnetOctet.Data;
            case Expects.Command when octet == Telnet.Iac:
                _expects = Expects.Data;
                return TelnetOctet.Data;
            case Expects.Command when octet is >= Telnet.Will and <= Telnet.Dont:
                (_expects, Verb) = (Expects.Option, octet);
                return TelnetOctet.Part;
            case Expects.Command when octet == Telnet.Subnegotiation:
                _expects = Expects.Subnegotiation;
                return TelnetOctet.Part;
            case Expects.Command:
                _expects = Expects.Data;
                return TelnetOctet.Command;
            case Expects.Option:
                _expects = Expects.Data;
                return TelnetOctet.Option;
            case Expects.Subnegotiation:
                _expects = octet == Telnet.Iac ? Expects.SubnegotiationCommand : Expects.Subnegotiation;
                return TelnetOctet.Part;
            default:
                _expects = octet == Telnet.SubnegotiationEnd ? Expects.Data : Expects.Subnegotiation;
                return TelnetOctet.Part;
        }
    }
}

/// <summary>What an octet of telnet is.</summary>
internal enum TelnetOctet
{
    /// <summary>Of something that is not whole yet, or is of no interest.</summary>
    Part,

    Data,

    /// <summary>The end of a command without an option, such as a break.</summary>
    Command,

    /// <summary>The option of <see cref="TelnetScanner.Verb"/>.</summary>
    Option,
}
