using Consoles.Common.Relaying;

namespace Consoles.Common.Rfb;

/// <summary>What kind of thing went wrong between us and an RFB peer.</summary>
public enum RfbFault
{
    /// <summary>It sent what no peer may send.</summary>
    Protocol,

    /// <summary>It closed or broke the connection.</summary>
    Ended,

    /// <summary>TLS is required, and it offers none whose peer can be checked.</summary>
    NoTls,

    /// <summary>It offers nothing that we speak and policy allows.</summary>
    NotAcceptable,

    /// <summary>It refused us: wrong password, or a security type it did not want.</summary>
    Refused,
}

/// <summary>A peer broke the RFB protocol, or refused. The message says what was attempted and what came.</summary>
public sealed class RfbException(string message, Exception? inner = null, RfbFault fault = RfbFault.Protocol) : ProtocolException(message, inner)
{
    public RfbFault Fault { get; } = fault;
}
