using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Link;
using Consoles.Common.Tls;

namespace Consoles.Agent.Identity;

/// <summary>Turns a join token into an identity.</summary>
internal sealed class Enrolment(IdentityFiles files, TimeProvider clock)
{
    /// <returns>The name the node was invited under.</returns>
    /// <exception cref="IdentityException">Nothing came of it.</exception>
    public async Task<string> EnrolAsync(Uri broker, JoinToken token, bool replace, CancellationToken cancellationToken)
    {
        if (files.Exist && !replace)
        {
            throw new IdentityException($"This node is enrolled already: there is {files.Directory}. To enrol it anew, add --force.");
        }

        files.RequireRoom();
        var root = await FetchRootAsync(broker, token, cancellationToken);
        using var order = new CertificateOrder();

        var answer = await BrokerHttp.PostAsync(
            broker, LinkPaths.Enrol, new EnrolmentRequest(token.Reveal(), order.Request), new PeerTrust([root], clock), own: null, cancellationToken);

        var papers = order.Accept(broker, answer, clock);
        await StoreAsync(papers, cancellationToken);
        return papers.Node;
    }

    // Of this connection nothing is trusted but the bytes whose digest is in the token, and nothing secret is sent over it.
    // The token goes over the next one, whose whole chain, name and use are checked against this root.
    private static async Task<X509Certificate2> FetchRootAsync(Uri broker, JoinToken token, CancellationToken cancellationToken)
    {
        var unjudged = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = PeerTls.Protocols,
            AllowTlsResume = false,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            },
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        };

        using var client = BrokerHttp.Client(BrokerHttp.Handler(unjudged));

        try
        {
            using var response = await client.GetAsync(new Uri(broker, LinkPaths.Authority), cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);

            if (!response.IsSuccessStatusCode)
            {
                throw new IdentityException(
                    $"What answers at {broker.Authority} does not show its root (HTTP {(int)response.StatusCode}). Is it the broker's port for agents, 6084?");
            }

            var shown = new X509Certificate2Collection();
            shown.ImportFromPem(body);

            return shown.FirstOrDefault(certificate => token.Pins(certificate.RawDataMemory.Span))
                ?? throw new IdentityException(
                    $"The broker at {broker.Authority} is not the one that the join token is from: the token wants the root with SHA-256 {token.Pin}, "
                    + $"and the broker shows {Fingerprints(shown)}. The token was not sent.");
        }
        catch (HttpRequestException e)
        {
            throw BrokerHttp.Translate(e, broker, fault: null);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IdentityException($"The broker at {broker.Authority} did not answer in time.", e);
        }
        catch (CryptographicException e)
        {
            throw new IdentityException($"What answers at {broker.Authority} does not show a root: {e.Message}", e);
        }
    }

    private static string Fingerprints(X509Certificate2Collection shown) => shown.Count == 0
        ? "none"
        : string.Join(", ", shown.Take(4).Select(certificate => Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span))));

    private async Task StoreAsync(IdentityPapers papers, CancellationToken cancellationToken)
    {
        try
        {
            await files.ReplaceAsync(papers, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException(
                $"The broker gave node {papers.Node} its certificate, but it could not be stored: {e.Message} Mend that, and invite the node once more: the token is used.", e);
        }
    }
}
