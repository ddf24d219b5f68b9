using System.Net;

namespace Consoles.Broker.Access;

internal static partial class AccessLog
{
    [LoggerMessage(3000, LogLevel.Information, "{User} logged in with key {KeyId} from {Remote}")]
    public static partial void LoggedIn(this ILogger logger, string user, string keyId, IPAddress? remote);

    [LoggerMessage(3001, LogLevel.Information, "A login from {Remote} was refused: no such key")]
    public static partial void LoginRefused(this ILogger logger, IPAddress? remote);

    [LoggerMessage(3002, LogLevel.Information, "A request from {Remote} was refused: no such key")]
    public static partial void KeyRefused(this ILogger logger, IPAddress? remote);

    [LoggerMessage(3003, LogLevel.Error, "A request to {Path} failed for want of the store")]
    public static partial void StoreFailed(this ILogger logger, Exception error, string path);

    [LoggerMessage(3004, LogLevel.Error, "A request to {Path} failed")]
    public static partial void RequestFailed(this ILogger logger, Exception error, string path);
}
