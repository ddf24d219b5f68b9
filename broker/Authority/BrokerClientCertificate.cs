using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>The certificate that the broker shows to QEMU's servers.</summary>
internal sealed class BrokerClientCertificate(AuthorityState state, TimeProvider clock, ILogger<BrokerClientCertificate> log) : RenewedCertificate(clock)
{
    /// <summary>What the subjects of all brokers have in common: a client of QEMU's without it is a stranger.</summary>
    public const string Organization = "Consoles brokers";

    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private X509Certificate2 Root => state.Current.CurrentOf(AuthorityCircle.Clients).Certificate;

    protected override X509Certificate2 Issue(DateTimeOffset now)
    {
        var host = Environment.MachineName.ToLowerInvariant();
        var certificate = Issuing.MakeClient(Root, DnsName.IsValid(host) ? host : "localhost", now, Life, Organization);
        log.OwnCertificateIssued("client", certificate.SerialNumber, certificate.NotAfter.ToUniversalTime());
        return certificate;
    }

    // Roots of a circle have names of their own.
    protected override bool IsStillWanted(X509Certificate2 certificate) => certificate.IssuerName.RawData.AsSpan().SequenceEqual(Root.SubjectName.RawData);
}
