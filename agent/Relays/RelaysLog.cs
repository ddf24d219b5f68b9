using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Relays;

internal static partial class RelaysLog
{
    [LoggerMessage(1300, LogLevel.Information, "Carrying {Source} of domain {Domain}")]
    public static partial void StreamOpened(this ILogger<StreamAnswers> logger, DomainId domain, StreamSource source);

    [LoggerMessage(1301, LogLevel.Information, "Carried {Source} of domain {Domain} to its end")]
    public static partial void StreamEnded(this ILogger<StreamAnswers> logger, DomainId domain, StreamSource source);

    [LoggerMessage(1302, LogLevel.Warning, "Did not open {Source} of domain {Domain}: {Reason}")]
    public static partial void StreamNotOpened(this ILogger<StreamAnswers> logger, DomainId domain, StreamSource source, string reason);

    [LoggerMessage(1303, LogLevel.Error, "Carrying {Source} of domain {Domain} failed")]
    public static partial void StreamFailed(this ILogger<StreamAnswers> logger, Exception error, DomainId domain, StreamSource source);

    [LoggerMessage(1304, LogLevel.Warning, "{Count} streams did not end in time")]
    public static partial void StreamsLeft(this ILogger<StreamAnswers> logger, int count);

    [LoggerMessage(1305, LogLevel.Debug, "{Console} of domain {Domain} is not handed over by libvirt, and is dialled: {Reason}")]
    public static partial void GraphicsDialled(this ILogger<GraphicsOpener> logger, DomainId domain, string console, string reason);
}
