using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Common.Link;

namespace Consoles.Agent.Rotation;

/// <summary>Orders the certificate that this node's QEMUs serve. The key is made here, a new one each time, and never leaves the node.</summary>
internal static class HostCertificateOrder
{
    /// <returns>What to install, and the plan that it is made to.</returns>
    /// <exception cref="IdentityException">The broker is not there, is not the right one, or does not want to.</exception>
    /// <exception cref="NoAuthorityException">It issues none.</exception>
    public static async Task<(CertificatePapers Papers, string Plan)> PlaceAsync(AgentIdentity identity, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=consoles-host", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

        try
        {
            var answer = await BrokerHttp.PostAsync(
                identity, LinkPaths.HostCertificate, new HostCertificateRequest(request), LinkJson.Default.HostCertificateRequest, LinkJson.Default.HostCertificateAnswer, cancellationToken);

            return answer is { Certificate: not null, Authorities: not null, Plan: not null }
                ? (new CertificatePapers(answer.Certificate, key.ExportPkcs8PrivateKeyPem(), answer.Authorities), answer.Plan)
                : throw new IdentityException("The broker answered with something else than a certificate: members are missing.");
        }
        catch (IdentityException e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw new NoAuthorityException(e.Message, e);
        }
    }
}

/// <summary>The broker issues no certificates for hosts; the message says what it answered.</summary>
internal sealed class NoAuthorityException(string message, Exception inner) : Exception(message, inner);
