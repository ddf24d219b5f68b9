using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Link;
using Consoles.Common.Tls;

namespace Consoles.Agent.Identity;

/// <summary>A new key, the request that goes to the broker for it, and the judgement of what came back.</summary>
internal sealed class CertificateOrder : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>PKCS#10 in PEM. Its subject says nothing: the broker stamps the names.</summary>
    public string Request { get; }

    public CertificateOrder() =>
        Request = new CertificateRequest("CN=consoles-agent", _key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    /// <exception cref="IdentityException">The answer is not one to this order.</exception>
    public IdentityPapers Accept(Uri broker, EnrolmentAnswer answer, TimeProvider clock)
    {
        var key = _key.ExportPkcs8PrivateKeyPem();

        try
        {
            // Reading both back proves that they fit together and that the agent will be able to use them.
            using var identity = new AgentIdentity(
                answer.Node, broker, TlsIdentity.FromPem(answer.Certificate, key), PeerTrust.FromPem(answer.Authority, clock));

            var now = clock.GetUtcNow();

            if (string.IsNullOrWhiteSpace(answer.Node) || now < identity.NotBefore || now >= identity.NotAfter)
            {
                throw new CryptographicException(
                    $"It is for node '{answer.Node}' and valid from {identity.NotBefore:u} to {identity.NotAfter:u}; the time here is {now:u}.");
            }

            return new IdentityPapers(answer.Node, broker, answer.Certificate, key, answer.Authority);
        }
        catch (CryptographicException e)
        {
            throw new IdentityException($"The broker at {broker.Authority} answered with a certificate that cannot be used. {e.Message}", e);
        }
    }

    public void Dispose() => _key.Dispose();
}
