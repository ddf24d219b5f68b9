using System.Net;

namespace Consoles.Broker.Sessions;

internal static partial class GuestLog
{
    [LoggerMessage(4050, LogLevel.Warning, "At {Address} of node {Node} a desktop named {Found} answered, and not {Expected}")]
    public static partial void WrongGuestAnswered(this ILogger<VncConnector> logger, string node, IPEndPoint address, string expected, string found);
}
