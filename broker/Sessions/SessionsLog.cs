using System.Net;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

internal static partial class SessionsLog
{
    [LoggerMessage(4000, LogLevel.Information, "Session {Session} of {User} opened: console {Console} of {DomainName} ({Domain}), to {Rights}, from {Remote}")]
    public static partial void SessionOpened(
        this ILogger logger, string session, string user, string domainName, DomainId domain, string console, ConsoleRights rights, IPAddress? remote);

    [LoggerMessage(
        4001,
        LogLevel.Information,
        "Session {Session} of {User} ended: console {Console} of {DomainName} ({Domain}), code {Code}: {Reason} {BytesToGuest} bytes went to the guest and {BytesToViewer} to the viewer, in {Duration}")]
    public static partial void SessionEnded(
        this ILogger logger, string session, string user, string domainName, DomainId domain, string console, int code, string reason, long bytesToGuest, long bytesToViewer, TimeSpan duration);

    [LoggerMessage(4002, LogLevel.Warning, "Session {Session} did not reach console {Console} of {DomainName} ({Failure}): {Reason}")]
    public static partial void GuestNotReached(this ILogger logger, string session, string domainName, string console, GuestFailure failure, string reason);

    [LoggerMessage(4003, LogLevel.Error, "Session {Session} failed")]
    public static partial void SessionFailed(this ILogger logger, Exception error, string session);

    [LoggerMessage(4004, LogLevel.Information, "A token was redeemed: {Token} of {User}, for console {Console} of {DomainName}, from {Remote}")]
    public static partial void TokenRedeemed(this ILogger logger, string token, string user, string console, string domainName, IPAddress? remote);

    [LoggerMessage(4005, LogLevel.Information, "A token from {Remote} was refused")]
    public static partial void TokenRefused(this ILogger logger, IPAddress? remote);

    [LoggerMessage(4020, LogLevel.Information, "Session {Session} has one more channel: {Channel}")]
    public static partial void ChannelOpened(this ILogger logger, string session, string channel);

    [LoggerMessage(
        4021, LogLevel.Information, "A channel of session {Session} ended: {Channel}, code {Code}: {Reason} {BytesToGuest} bytes went to the guest and {BytesToViewer} to the viewer")]
    public static partial void ChannelEnded(this ILogger logger, string session, string channel, int code, string reason, long bytesToGuest, long bytesToViewer);

    [LoggerMessage(4022, LogLevel.Error, "A channel of session {Session} failed")]
    public static partial void ChannelFailed(this ILogger logger, Exception error, string session);

    [LoggerMessage(4006, LogLevel.Information, "A ticket from {Remote} was refused")]
    public static partial void TicketRefused(this ILogger logger, IPAddress? remote);
}
