using System.Net;

namespace Consoles.Broker.Viewers;

internal static partial class ViewersLog
{
    [LoggerMessage(6000, LogLevel.Information, "Listening for {Door} viewers at {Address}")]
    public static partial void ListeningForViewers(this ILogger logger, string door, IPEndPoint address);

    [LoggerMessage(6001, LogLevel.Debug, "A {Door} viewer from {Remote} was not let in: {Reason}")]
    public static partial void VisitorLeft(this ILogger logger, string door, IPAddress? remote, string reason);

    [LoggerMessage(6002, LogLevel.Debug, "A {Door} viewer from {Remote} took too long to show a token")]
    public static partial void VisitorTooSlow(this ILogger logger, string door, IPAddress? remote);

    [LoggerMessage(6003, LogLevel.Warning, "A {Door} viewer from {Remote} was closed: too many have not shown a token yet")]
    public static partial void NoRoomForVisitor(this ILogger logger, string door, EndPoint? remote);

    [LoggerMessage(6004, LogLevel.Error, "Serving a {Door} viewer from {Remote} failed")]
    public static partial void VisitorFailed(this ILogger logger, Exception error, string door, IPAddress? remote);

    [LoggerMessage(6005, LogLevel.Error, "A viewer's token could not be looked up")]
    public static partial void StoreNotAvailable(this ILogger logger, Exception error);

    [LoggerMessage(6006, LogLevel.Information, "A file for a viewer was issued with token {Token} of {User}, for console {Console} of {DomainName}")]
    public static partial void ViewerFileIssued(this ILogger logger, string token, string user, string console, string domainName);
}
