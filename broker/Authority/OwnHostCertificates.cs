using System.Net;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>Issues hosts' certificates from an authority for each node alone, so that no node's certificate opens another node's consoles.</summary>
internal sealed class OwnHostCertificates(AuthorityState state, AuthorityRoots roots, IOptions<AuthorityOptions> options, TimeProvider clock, ILogger<OwnHostCertificates> log)
    : IHostCertificateIssuer
{
    private static readonly TimeSpan IssuingLife = TimeSpan.FromDays(365);

    // Addresses that an agent came from are kept, so that one with several does not have its authority made anew by turns.
    private const int MaxSeenAddresses = 8;

    public Task<IssuedHostCertificate> IssueAsync(HostOrder order, CancellationToken cancellationToken)
    {
        var issuing = Find(state.Current, order) ?? state.Change((store, now) => Find(now, order) ?? Make(store, now, order));

        try
        {
            using var issuer = roots.Files.Read(issuing.KeyFile!);
            var leaf = Issuing.IssueServer(issuer, order.Key, [order.Node], order.Addresses, clock.GetUtcNow(), options.Value.HostLife);
            var bare = X509CertificateLoader.LoadCertificate(issuing.Certificate);
            return Task.FromResult(new IssuedHostCertificate($"{leaf.ExportCertificatePem()}\n{bare.ExportCertificatePem()}\n", leaf, bare));
        }
        catch (Exception e) when (e is StartException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The issuing authority of {order.Node} cannot be read: {e.Message}", e);
        }
    }

    // The latest alone, and never an earlier one that would do: what a node is to have must not depend on who asks when.
    private IssuingAuthority? Find(AuthoritySnapshot now, HostOrder order) =>
        now.IssuingOf(order.Node) is [.., { KeyFile: not null } latest]
        && now.CurrentOf(AuthorityCircle.Hosts).IsAbove(latest)
        && clock.GetUtcNow() < latest.MadeAt + (IssuingLife / 2)
        && order.Addresses.All(latest.Addresses.Contains)
            ? latest
            : null;

    private IssuingAuthority Make(SqliteConnection store, AuthoritySnapshot now, HostOrder order)
    {
        IssuingAuthorities.RequireEnrolled(store, order);

        var root = now.CurrentOf(AuthorityCircle.Hosts);
        var seen = order.Invited ? [] : now.IssuingOf(order.Node) is [.., var latest] ? latest.Addresses : [];
        IReadOnlyList<IPAddress> addresses = [.. order.Addresses.Union(seen).Take(Math.Max(MaxSeenAddresses, order.Addresses.Count))];
        var madeAt = clock.GetUtcNow();

        using var issuing = Issuing.MakeIssuing(root.Certificate, order.Node, addresses, madeAt, IssuingLife);

        // The file first: a row without its key would stop the node's orders, a file without its row is merely left over.
        var made = new IssuingAuthority(root.Number, addresses, issuing.RawData, Keep(issuing), madeAt);
        IssuingAuthorities.Add(store, order.Node, made);
        log.IssuingMade(order.Node, issuing.Thumbprint, issuing.NotAfter.ToUniversalTime());
        return made;
    }

    private string Keep(X509Certificate2 issuing)
    {
        try
        {
            return roots.Files.Keep(issuing);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"An issuing authority cannot be kept: {e.Message}", e);
        }
    }
}
