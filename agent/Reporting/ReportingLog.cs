using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Reporting;

internal static partial class ReportingLog
{
    [LoggerMessage(5501, LogLevel.Information, "Linked to the broker at {Broker}, after {Failures} failed attempts")]
    public static partial void Linked(this ILogger<ReportingLoop> logger, string broker, int failures);

    [LoggerMessage(5502, LogLevel.Warning, "No link to the broker: {Reason} The agent goes on and keeps trying (attempt {Attempt})")]
    public static partial void BrokerAway(this ILogger<ReportingLoop> logger, string reason, int attempt);

    [LoggerMessage(5503, LogLevel.Error, "No link to the broker, and a person must act: {Reason} The agent keeps trying (attempt {Attempt})")]
    public static partial void LinkRefused(this ILogger<ReportingLoop> logger, string reason, int attempt);

    [LoggerMessage(5504, LogLevel.Error,
        "The broker at {Broker} refused this agent of node {Node}: {Reason} A person must act: stop the other agent that speaks for this node, "
        + "or enrol this one anew (consoles-agent enrol --force). Trying again in {Retry}")]
    public static partial void RefusedForGood(this ILogger<ReportingLoop> logger, string broker, string node, string reason, TimeSpan retry);

    [LoggerMessage(5505, LogLevel.Information, "Left the broker at {Broker} to link again with the renewed certificate")]
    public static partial void LinkRenewed(this ILogger<ReportingLoop> logger, string broker);

    [LoggerMessage(5506, LogLevel.Warning, "Reporting without libvirt, which has not answered yet: {Reason}")]
    public static partial void ReportingWithoutLibvirt(this ILogger<ReportingLoop> logger, string? reason);

    [LoggerMessage(5507, LogLevel.Warning, "The password of console {Console} of domain {Domain} was not read: {Reason}")]
    public static partial void PasswordNotRead(this ILogger<PasswordAnswers> logger, string domain, string console, string reason);

    [LoggerMessage(5508, LogLevel.Warning, "The epoch was not stored in {Path}: {Reason}")]
    public static partial void EpochNotStored(this ILogger<EpochFile> logger, string path, string reason);

    [LoggerMessage(5509, LogLevel.Warning, "The epoch of the agent before was not read from {Path}: {Reason}")]
    public static partial void EpochNotRead(this ILogger<EpochFile> logger, string path, string reason);

    [LoggerMessage(5510, LogLevel.Warning, "systemd was not told of this agent's state: {Reason}")]
    public static partial void StateNotTold(this ILogger<ServiceStatusLoop> logger, string reason);
}
