using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Certificates;

internal static partial class CertificateLog
{
    [LoggerMessage(2100, LogLevel.Information, "Certificates in {Directory} are those of version {Version}")]
    public static partial void Installed(this ILogger<CertificateFiles> logger, string directory, int version);

    [LoggerMessage(2101, LogLevel.Information, "Took over the plain certificate files in {Directory} as version {Version}")]
    public static partial void Adopted(this ILogger<CertificateFiles> logger, string directory, int version);

    [LoggerMessage(2102, LogLevel.Warning, "Rolled the certificates in {Directory} back from version {From} to {To}")]
    public static partial void RolledBack(this ILogger<CertificateFiles> logger, string directory, int from, int to);

    [LoggerMessage(2103, LogLevel.Warning, "Version {Version} in {Directory} is no longer used and could not be erased: {Reason}")]
    public static partial void OldVersionLeft(this ILogger<CertificateFiles> logger, string directory, int version, string reason);
}
