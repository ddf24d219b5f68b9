namespace Consoles.Common.Serial;

/// <summary>The numbers of telnet (RFC 854, and 856 to 858 for the options), and how data is sent in it.</summary>
internal static class Telnet
{
    public const byte SubnegotiationEnd = 240;
    public const byte Break = 243;
    public const byte Subnegotiation = 250;
    public const byte Will = 251;
    public const byte Wont = 252;
    public const byte Do = 253;
    public const byte Dont = 254;
    public const byte Iac = 255;

    public const byte Binary = 0;
    public const byte Echo = 1;
    public const byte SuppressGoAhead = 3;

    /// <summary>Data as it is sent: each byte that would be IAC is doubled (RFC 856, section 5).</summary>
    /// <returns>The data itself where nothing is to be doubled.</returns>
    public static ReadOnlyMemory<byte> Escape(ReadOnlyMemory<byte> data)
    {
        var doubled = data.Span.Count(Iac);

        if (doubled == 0)
        {
            return data;
        }

        var wire = new byte[data.Length + doubled];
        var count = 0;

        foreach (var octet in data.Span)
        {
            wire[count++] = octet;

            if (octet == Iac)
            {
                wire[count++] = octet;
            }
        }

        return wire;
    }
}
