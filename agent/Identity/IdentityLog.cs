using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Identity;

internal static partial class IdentityLog
{
    [LoggerMessage(2501, LogLevel.Information, "Renewed the certificate of node {Node}: now {Thumbprint}, valid until {NotAfter}")]
    public static partial void CertificateRenewed(this ILogger<RenewalLoop> logger, string node, string thumbprint, DateTimeOffset notAfter);

    [LoggerMessage(2502, LogLevel.Information, "The certificate of node {Node} was not renewed: {Reason} Trying again in {Retry}")]
    public static partial void RenewalFailed(this ILogger<RenewalLoop> logger, string node, string reason, TimeSpan retry);

    [LoggerMessage(2503, LogLevel.Warning, "The certificate of node {Node} ends at {NotAfter} and was not renewed: {Reason} Trying again in {Retry}")]
    public static partial void RenewalIsLate(this ILogger<RenewalLoop> logger, string node, DateTimeOffset notAfter, string reason, TimeSpan retry);

    [LoggerMessage(2504, LogLevel.Error,
        "The certificate of node {Node} ends at {NotAfter}, after which the node must be enrolled anew; it was not renewed: {Reason} Trying again in {Retry}")]
    public static partial void RenewalIsVeryLate(this ILogger<RenewalLoop> logger, string node, DateTimeOffset notAfter, string reason, TimeSpan retry);

    [LoggerMessage(2505, LogLevel.Error,
        "The certificate of node {Node} expired at {NotAfter}. The agent stops: invite the node at the broker and run consoles-agent enrol --force")]
    public static partial void CertificateExpired(this ILogger<RenewalLoop> logger, string node, DateTimeOffset notAfter);
}
