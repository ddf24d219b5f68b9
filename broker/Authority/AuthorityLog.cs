namespace Consoles.Broker.Authority;

internal static partial class AuthorityLog
{
    [LoggerMessage(2100, LogLevel.Information, "Made the {Root} root, {Thumbprint}")]
    public static partial void RootMade(this ILogger<AuthorityRoots> logger, string root, string thumbprint);

    [LoggerMessage(2101, LogLevel.Information, "Issued the broker's own {Kind} certificate {Serial}, valid until {NotAfter:u}")]
    public static partial void OwnCertificateIssued(this ILogger logger, string kind, string serial, DateTime notAfter);

    [LoggerMessage(2102, LogLevel.Information, "Issued certificate {Serial} to the agent of {Node}, valid until {NotAfter:u}")]
    public static partial void AgentCertificateIssued(this ILogger<FleetCertificates> logger, string node, string serial, DateTime notAfter);
}
