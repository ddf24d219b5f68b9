using System.Net;
using System.Security.Cryptography;
using System.Text;
using Consoles.Common.Link;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>What nodes order for their QEMUs: a certificate, and whom to trust.</summary>
internal sealed class HostCertificates(AuthorityState state, IHostCertificateIssuer issuer, IOptions<AuthorityOptions> options, ILogger<HostCertificates> log)
{
    /// <summary>Whether any are issued; else a PKI made by hand is in use.</summary>
    public bool AreIssued => options.Value.HostCertificates;

    /// <param name="node">The node's name in the enrolment record.</param>
    /// <param name="enrolledAt">The enrolment that the agent was identified under, which must still be in force; null: whoever asks vouches for the node.</param>
    /// <param name="invited">The addresses given at the invitation.</param>
    /// <param name="remote">Where the agent comes from, which counts when there are none.</param>
    /// <param name="request">PKCS#10 in PEM. Only its key is used.</param>
    /// <exception cref="SigningRequestException">The request is refused.</exception>
    /// <exception cref="HostCertificateException">The certificate was not issued.</exception>
    /// <exception cref="Store.StoreException">The store is not available.</exception>
    public async Task<HostCertificateAnswer> OrderAsync(
        string node, DateTimeOffset? enrolledAt, IReadOnlyList<IPAddress> invited, IPAddress remote, string request, CancellationToken cancellationToken)
    {
        var order = new HostOrder(node, invited.Count > 0 ? invited : [remote], invited.Count > 0, enrolledAt, request, SigningRequest.ReadKey(request));
        var issued = await issuer.IssueAsync(order, cancellationToken);

        using (issued.Leaf)
        using (issued.Issuer)
        {
            var now = state.Current;
            var clients = now.Of(AuthorityCircle.Clients).Select(root => root.Certificate.ExportCertificatePem());
            var authorities = string.Concat(clients.Prepend(issued.Issuer.ExportCertificatePem()).Select(pem => pem + "\n"));
            log.HostCertificateIssued(node, issued.Leaf.SerialNumber, issued.Leaf.NotAfter.ToUniversalTime());
            return new HostCertificateAnswer(issued.Chain, authorities, PlanOf(now, node, issued.Issuer.RawData));
        }
    }

    /// <summary>What that node's sets are to be made to now (<see cref="HostCertificateAnswer.Plan"/>); null when none are issued, or the store was never there.</summary>
    public string? PlanOf(string node)
    {
        try
        {
            return AreIssued ? PlanOf(state.Current, node) : null;
        }
        catch (Store.StoreException)
        {
            return null;
        }
    }

    /// <summary>The same in a given state of the authority.</summary>
    public static string PlanOf(AuthoritySnapshot now, string node)
    {
        var latest = now.IssuingOf(node) is [.., var issuing] ? issuing : null;

        // One under a root that is not current will be made anew by the next order, and no set made to it is what is wanted.
        var wanted = latest is { Root: null } || (latest is not null && now.CurrentOf(AuthorityCircle.Hosts).IsAbove(latest)) ? latest?.Certificate : null;
        return PlanOf(now, node, wanted ?? now.CurrentOf(AuthorityCircle.Hosts).Certificate.RawData);
    }

    private static string PlanOf(AuthoritySnapshot now, string node, byte[] issuer)
    {
        var parts = now.Of(AuthorityCircle.Clients)
            .Select(root => root.Certificate.GetCertHashString(HashAlgorithmName.SHA256))
            .Order(StringComparer.Ordinal)
            .Prepend(Convert.ToHexString(SHA256.HashData(issuer)))
            .Prepend(node);

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(' ', parts)))[..8]);
    }
}
