namespace Consoles.Broker.Authority;

internal static partial class AuthorityLog
{
    [LoggerMessage(2100, LogLevel.Information, "Made the {Root} root, {Thumbprint}")]
    public static partial void RootMade(this ILogger<AuthorityRoots> logger, string root, string thumbprint);

    [LoggerMessage(2101, LogLevel.Information, "Issued the broker's own {Kind} certificate {Serial}, valid until {NotAfter:u}")]
    public static partial void OwnCertificateIssued(this ILogger logger, string kind, string serial, DateTime notAfter);

    [LoggerMessage(2102, LogLevel.Information, "Issued certificate {Serial} to the agent of {Node}, valid until {NotAfter:u}")]
    public static partial void AgentCertificateIssued(this ILogger<FleetCertificates> logger, string node, string serial, DateTime notAfter);

    [LoggerMessage(2103, LogLevel.Information, "Made the issuing authority of {Node}, {Thumbprint}, valid until {NotAfter:u}")]
    public static partial void IssuingMade(this ILogger<OwnHostCertificates> logger, string node, string thumbprint, DateTime notAfter);

    [LoggerMessage(2104, LogLevel.Information, "Issued certificate {Serial} for the guests of {Node}, valid until {NotAfter:u}")]
    public static partial void HostCertificateIssued(this ILogger<HostCertificates> logger, string node, string serial, DateTime notAfter);

    [LoggerMessage(2105, LogLevel.Error, "No certificate for the guests of {Node}: {Reason}")]
    public static partial void HostCommandFailed(this ILogger<CommandHostCertificates> logger, string node, string reason);

    [LoggerMessage(2106, LogLevel.Information, "Shows browsers certificate {Serial}, valid until {NotAfter:u}")]
    public static partial void PeopleCertificateRead(this ILogger<PeopleCertificate> logger, string serial, DateTime notAfter);

    [LoggerMessage(2108, LogLevel.Error, "Goes on with what the authority trusted and issued from before, since that cannot be looked up: {Reason}")]
    public static partial void LookFailed(this ILogger<AuthorityState> logger, string reason);

    [LoggerMessage(2107, LogLevel.Error, "The certificate for browsers stays as it was: {Reason}")]
    public static partial void PeopleCertificateFailed(this ILogger<PeopleCertificate> logger, string reason);
}
