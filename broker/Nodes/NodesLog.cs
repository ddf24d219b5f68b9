using System.Net;

namespace Consoles.Broker.Nodes;

internal static partial class NodesLog
{
    [LoggerMessage(5100, LogLevel.Information, "Enrolled node {Node} from {Remote}")]
    public static partial void NodeEnrolled(this ILogger<NodeRegistry> logger, string node, IPAddress? remote);

    [LoggerMessage(5101, LogLevel.Warning, "Refused an enrolment from {Remote}: its join token is unknown, used or expired")]
    public static partial void EnrolmentRefused(this ILogger<NodeRegistry> logger, IPAddress? remote);

    [LoggerMessage(5102, LogLevel.Information, "The agent of {Node} came from {Remote}, epoch {Epoch}")]
    public static partial void LinkOpened(this ILogger<AgentLinks> logger, string node, IPAddress remote, long epoch);

    [LoggerMessage(5103, LogLevel.Information, "The link of {Node} from {Remote} ended: {Reason}")]
    public static partial void LinkEnded(this ILogger<AgentLinks> logger, string node, IPAddress remote, string reason);

    [LoggerMessage(5104, LogLevel.Warning, "Refused the link of {Node} from {Remote}: {Reason}")]
    public static partial void LinkRefused(this ILogger<AgentLinks> logger, string node, IPAddress remote, string reason);

    [LoggerMessage(5105, LogLevel.Warning, "Refused an agent from {Remote}: {Reason}")]
    public static partial void AgentRefused(this ILogger<AgentLinks> logger, IPAddress remote, string reason);

    [LoggerMessage(5106, LogLevel.Error, "Turned the agent of {Node} away: there are {Links} links, and no descriptors for more")]
    public static partial void TooManyLinks(this ILogger<AgentLinks> logger, string node, int links);

    [LoggerMessage(5107, LogLevel.Error, "A link of {Node} found no store: {Reason}")]
    public static partial void StoreFailedForLink(this ILogger<AgentLinks> logger, string node, string reason);

    [LoggerMessage(5108, LogLevel.Error, "An enrolment found no store: {Reason}")]
    public static partial void StoreFailed(this ILogger<NodeRegistry> logger, string reason);

    [LoggerMessage(5109, LogLevel.Error, "Cannot see which nodes were removed: {Reason}")]
    public static partial void StoreFailedForSweep(this ILogger<LinkSweep> logger, string reason);

    [LoggerMessage(5110, LogLevel.Debug, "Stopped looking after links")]
    public static partial void SweepEnded(this ILogger<LinkSweep> logger);

    [LoggerMessage(5111, LogLevel.Error, "Cannot keep what nodes proved of their certificates: {Reason}")]
    public static partial void StoreFailedForProofs(this ILogger<ProofKeeper> logger, string reason);

    [LoggerMessage(5200, LogLevel.Warning, "Refused a stream of {Node}: {Reason}")]
    public static partial void StreamRefused(this ILogger<AgentStreams> logger, string node, string reason);
}
