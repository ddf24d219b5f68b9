using Consoles.Common.Inventory;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Rotation;

internal static partial class RotationLog
{
    [LoggerMessage(2701, LogLevel.Information, "Installed certificate {Serial} in {Directory}, valid until {NotAfter:u}")]
    public static partial void Installed(this ILogger<CertificateRotation> logger, string serial, string directory, DateTimeOffset notAfter);

    [LoggerMessage(2702, LogLevel.Information, "The certificate in {Directory} was not renewed: {Reason} Trying again in {Retry}")]
    public static partial void RotationFailed(this ILogger<CertificateRotation> logger, string directory, string reason, TimeSpan retry);

    [LoggerMessage(2703, LogLevel.Warning, "The certificate in {Directory} ends at {NotAfter:u}, and was not renewed: {Reason} Trying again in {Retry}")]
    public static partial void RotationIsLate(this ILogger<CertificateRotation> logger, string directory, DateTimeOffset notAfter, string reason, TimeSpan retry);

    [LoggerMessage(2704, LogLevel.Error, "The certificate in {Directory} ends at {NotAfter:u}, after which no guest starts with it; it was not renewed: {Reason} Trying again in {Retry}")]
    public static partial void RotationIsVeryLate(this ILogger<CertificateRotation> logger, string directory, DateTimeOffset notAfter, string reason, TimeSpan retry);

    [LoggerMessage(2705, LogLevel.Error, "Put back the certificate before in {Directory}: {Reason}")]
    public static partial void RolledBack(this ILogger<CertificateRotation> logger, string directory, string reason);

    [LoggerMessage(2706, LogLevel.Error, "The certificate in {Directory} could not be put back: {Reason}")]
    public static partial void NotRolledBack(this ILogger<CertificateRotation> logger, string directory, string reason);

    [LoggerMessage(2707, LogLevel.Warning, "The certificate in {Directory} is looked after by hand and ends at {NotAfter:u}")]
    public static partial void ByHandIsLate(this ILogger<CertificateRotation> logger, string directory, DateTimeOffset notAfter);

    [LoggerMessage(2711, LogLevel.Information, "{Console} of domain {Domain} is {Condition}: {Reason}")]
    public static partial void ConditionFound(this ILogger<GuestCertificates> logger, string console, DomainId domain, CertificateCondition condition, string? reason);

    [LoggerMessage(2712, LogLevel.Error, "{Console} of domain {Domain} did not take the new certificate: {Reason}")]
    public static partial void ReloadRefused(this ILogger<GuestCertificates> logger, string console, DomainId domain, string? reason);

    [LoggerMessage(2721, LogLevel.Warning, "Ended {Count} connections to the VNC server of domain {Domain} that stood in their handshake while its certificate was replaced")]
    public static partial void StrangersEnded(this ILogger<VncReload> logger, int count, DomainId domain);

    [LoggerMessage(2722, LogLevel.Error, "The VNC port of domain {Domain} is closed and was not opened again: {Reason}")]
    public static partial void DoorStuck(this ILogger<VncReload> logger, DomainId domain, string reason);

    [LoggerMessage(2723, LogLevel.Warning, "Opened the port of {Console} of domain {Domain} again, which had been closed for a reload")]
    public static partial void DoorRepaired(this ILogger<VncReload> logger, string console, DomainId domain);

    [LoggerMessage(2732, LogLevel.Warning, "The certificates are not looked after: {Reason}")]
    public static partial void ConfUnreadable(this ILogger logger, string reason);

    [LoggerMessage(2731, LogLevel.Error, "A job of the rotation failed, and is run again in its turn")]
    public static partial void JobFailed(this ILogger logger, Exception fault);
}
