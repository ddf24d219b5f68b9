using System.Net;

namespace Consoles.Broker.Nova.Api;

internal static partial class NovaApiLog
{
    [LoggerMessage(8000, LogLevel.Information, "{User} was given token {TokenId} of Nova's face for console {Console} of {Domain}, good for {Seconds} seconds")]
    public static partial void NovaTokenIssued(this ILogger logger, string user, string tokenId, string console, string domain, int seconds);

    [LoggerMessage(8001, LogLevel.Information, "A request from {Remote} to Nova's face was refused: its token is not valid")]
    public static partial void NovaTokenRefused(this ILogger logger, IPAddress? remote);

    [LoggerMessage(8002, LogLevel.Information, "{User} logged in to Nova's face from {Remote}")]
    public static partial void NovaLoggedIn(this ILogger logger, string user, IPAddress? remote);

    [LoggerMessage(8003, LogLevel.Information, "A login to Nova's face from {Remote} was refused")]
    public static partial void NovaLoginRefused(this ILogger logger, IPAddress? remote);

    [LoggerMessage(8004, LogLevel.Error, "Keystone at {Url} cannot be asked who a caller is; such callers are refused meanwhile: {Reason}")]
    public static partial void KeystoneFailed(this ILogger logger, string url, string reason);

    [LoggerMessage(8005, LogLevel.Error, "A request to Nova's face failed")]
    public static partial void NovaRequestFailed(this ILogger logger, Exception error);

    [LoggerMessage(8006, LogLevel.Information, "Nova's compute API awaits its clients at {EndPoint}")]
    public static partial void NovaApiListens(this ILogger logger, IPEndPoint endPoint);

    [LoggerMessage(8007, LogLevel.Warning, "Whoever has a role in any project of Keystone's at {Url} has it here for every guest; say in Nova:Keystone:Projects which projects count")]
    public static partial void KeystoneEveryProject(this ILogger logger, string url);
}
