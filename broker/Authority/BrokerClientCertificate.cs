using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>The certificate that the broker shows to QEMU's servers.</summary>
internal sealed class BrokerClientCertificate(AuthorityRoots roots, TimeProvider clock, ILogger<BrokerClientCertificate> log) : RenewedCertificate(clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    protected override X509Certificate2 Issue(DateTimeOffset now)
    {
        var host = Environment.MachineName.ToLowerInvariant();
        var certificate = Issuing.MakeClient(roots.Clients, DnsName.IsValid(host) ? host : "localhost", now, Life);
        log.OwnCertificateIssued("client", certificate.SerialNumber, certificate.NotAfter.ToUniversalTime());
        return certificate;
    }
}
