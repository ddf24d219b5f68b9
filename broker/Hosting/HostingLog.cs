using System.Net;

namespace Consoles.Broker.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(7000, LogLevel.Information, "Listening for people at {Scheme}://{People}, for agents at https://{Agents}; at most {Sessions} sessions and {Links} agents at once")]
    public static partial void Listening(this ILogger<BoundListeners> logger, string scheme, IPEndPoint people, IPEndPoint agents, int sessions, int links);

    [LoggerMessage(7001, LogLevel.Warning, "systemd was not told how this broker stands: {Reason}")]
    public static partial void StateNotTold(this ILogger<BoundListeners> logger, string reason);
}
