using Consoles.Broker.Sessions.Serial;
using Consoles.Broker.Sessions.Spice;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

internal static partial class GuestLog
{
    [LoggerMessage(4060, LogLevel.Warning, "{User} asked by force for console {Console} of {DomainName} ({Domain}) on node {Node}, with token {Token}: whoever holds it outside of Consoles loses it")]
    public static partial void SerialForced(this ILogger<SerialConnector> logger, string user, string token, string domainName, DomainId domain, string console, string node);

    [LoggerMessage(4050, LogLevel.Warning, "At {Address} of node {Node} a desktop named {Found} answered, and not {Expected}")]
    public static partial void WrongGuestAnswered(this ILogger<VncConnector> logger, string node, string address, string expected, string found);

    [LoggerMessage(4051, LogLevel.Warning, "At {Address} of node {Node} the SPICE console of {Found} answered, and not that of {Expected}")]
    public static partial void WrongSpiceGuestAnswered(this ILogger<SpiceConnector> logger, string node, string address, DomainId expected, DomainId found);
}
