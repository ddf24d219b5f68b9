using System.Net;

namespace Consoles.Broker.Nova.Proxies;

internal static partial class ProxiesLog
{
    [LoggerMessage(8200, LogLevel.Information, "{Proxy} awaits its clients at {Address}")]
    public static partial void ProxyListens(this ILogger logger, string proxy, IPEndPoint address);

    [LoggerMessage(8201, LogLevel.Information, "{Proxy}: connecting to: {Host}:{Port}, with token *** ({Token}) of {User}, for {Remote}")]
    public static partial void ConnectingTo(this ILogger logger, string proxy, string host, string port, string token, string user, IPAddress? remote);

    [LoggerMessage(8202, LogLevel.Information, "{Proxy}: a token from {Remote} was refused")]
    public static partial void ProxyTokenRefused(this ILogger logger, string proxy, IPAddress? remote);

    [LoggerMessage(8203, LogLevel.Warning, "{Proxy}: a page was refused, from {Remote}: {Reason}")]
    public static partial void OriginRefused(this ILogger logger, string proxy, IPAddress? remote, string reason);

    [LoggerMessage(8204, LogLevel.Warning, "{Proxy}: a malformed cookie from {Remote} was passed over")]
    public static partial void CookieMalformed(this ILogger logger, string proxy, IPAddress? remote);

    [LoggerMessage(8205, LogLevel.Error, "{Proxy}: a request failed")]
    public static partial void ProxyFailed(this ILogger logger, Exception error, string proxy);

    [LoggerMessage(8206, LogLevel.Error, "Session {Session} is not recorded from here on: {Reason}")]
    public static partial void RecordFailed(this ILogger logger, string session, string reason);

    [LoggerMessage(8207, LogLevel.Information, "Session {Session} is recorded in {File}")]
    public static partial void Recorded(this ILogger logger, string session, string file);

    [LoggerMessage(8208, LogLevel.Warning, "The Nova face has port {Taken}, so people are awaited at port {Port}; say Listeners:People:Port to choose another")]
    public static partial void PeopleMoved(this ILogger logger, int taken, int port);

    [LoggerMessage(8209, LogLevel.Warning, "TLS 1.1 is not spoken, whatever Nova:SslMinimumVersion says: TLS 1.2 is the oldest")]
    public static partial void NoTls11(this ILogger logger);
}
