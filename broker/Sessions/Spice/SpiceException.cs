using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>What kind of thing went wrong between us and a SPICE peer.</summary>
internal enum SpiceFault
{
    /// <summary>It sent what no peer may send.</summary>
    Protocol,

    /// <summary>It closed or broke the connection.</summary>
    Ended,

    /// <summary>It offers or wants nothing that is spoken here, or that policy allows.</summary>
    NotAcceptable,

    /// <summary>It refused us.</summary>
    Refused,

    /// <summary>It wants a ticket, or another one.</summary>
    NeedsTicket,

    /// <summary>It wants this channel inside TLS.</summary>
    NeedsTls,

    /// <summary>It wants this channel outside of TLS.</summary>
    NeedsNoTls,
}

/// <summary>A peer broke the SPICE protocol, or refused. The message says what was attempted and what came.</summary>
internal sealed class SpiceException(string message, Exception? inner = null, SpiceFault fault = SpiceFault.Protocol) : ProtocolException(message, inner)
{
    public SpiceFault Fault { get; } = fault;
}
