using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>Issues agents' certificates.</summary>
internal sealed class FleetCertificates(AuthorityRoots roots, TimeProvider clock, ILogger<FleetCertificates> log)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <param name="request">PKCS#10 in PEM. Only its key is used.</param>
    /// <param name="node">The name in the enrolment record, which is stamped into the certificate.</param>
    /// <param name="enrolledAt">The enrolment that it counts for: it is issued then at the earliest.</param>
    /// <exception cref="SigningRequestException">The request is refused.</exception>
    public X509Certificate2 IssueAgent(string request, string node, DateTimeOffset enrolledAt)
    {
        var now = clock.GetUtcNow();
        var certificate = Issuing.IssueClient(roots.Fleet, SigningRequest.ReadKey(request), node, now < enrolledAt ? enrolledAt : now, Life);
        log.AgentCertificateIssued(node, certificate.SerialNumber, certificate.NotAfter.ToUniversalTime());
        return certificate;
    }
}
