using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Tls;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>Has another authority issue hosts' certificates, by a command, and judges what comes before any node sees it.</summary>
internal sealed class CommandHostCertificates(
    AuthorityState state, HostRoots roots, IOptions<AuthorityOptions> options, TimeProvider clock, ILogger<CommandHostCertificates> log) : IHostCertificateIssuer, IDisposable
{
    /// <summary>How long a certificate must be good at least when it comes.</summary>
    public static readonly TimeSpan ShortestLife = TimeSpan.FromHours(1);

    // A fleet that comes back at once must not start a process for each node.
    private const int AtOnce = 4;
    private const int MaxCertificates = 4;

    // With the command's own limit, less than an agent waits for its answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _places = new(AtOnce);
    private readonly ConcurrentDictionary<string, HostOrder> _underWay = new(StringComparer.Ordinal);

    public async Task<IssuedHostCertificate> IssueAsync(HostOrder order, CancellationToken cancellationToken)
    {
        // An agent that gave up waiting asks again, and the command for it may still run.
        if (!_underWay.TryAdd(order.Node, order))
        {
            throw new HostCertificateException($"An order of node {order.Node} is under way already.") { Busy = true };
        }

        try
        {
            return await InTurnAsync(order, cancellationToken);
        }
        catch (HostCertificateException e)
        {
            log.HostCommandFailed(order.Node, e.Details is null ? e.Message : $"{e.Message} {e.Details}");
            throw;
        }
        finally
        {
            _underWay.TryRemove(order.Node, out _);
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<IssuedHostCertificate> InTurnAsync(HostOrder order, CancellationToken cancellationToken)
    {
        if (!await _places.WaitAsync(Patience, cancellationToken))
        {
            throw new HostCertificateException("Other nodes' orders come first.") { Busy = true };
        }

        try
        {
            var issued = Judge(await RunAsync(order, cancellationToken), order);
            Remember(order, issued.Issuer);
            return issued;
        }
        finally
        {
            _places.Release();
        }
    }

    private Task<string> RunAsync(HostOrder order, CancellationToken cancellationToken)
    {
        var command = new HostCommand(options.Value.HostCommand!, clock);

        return command.RunAsync(
            order.Request,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CONSOLES_NODE"] = order.Node,
                ["CONSOLES_ADDRESSES"] = string.Join(' ', order.Addresses),
                ["CONSOLES_LIFE_SECONDS"] = $"{options.Value.HostLife.TotalSeconds:0}",
            },
            cancellationToken);
    }

    private IssuedHostCertificate Judge(string pem, HostOrder order)
    {
        try
        {
            var above = state.Current;
            var trusted = roots.Of(above);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);

            if (chain.Count is 0 or > MaxCertificates)
            {
                throw new HostCertificateException($"The command printed {chain.Count} certificates; from one to {MaxCertificates} are wanted, the host's first.");
            }

            var leaf = chain[0];
            X509Certificate2Collection between = [.. chain.Skip(1).Where(authority => !authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData))];

            // The one after the leaf is the leaf's issuer (RFC 8446, section 4.4.2), and it must really be.
            var issuer = chain.Count > 1 ? chain[1] : trusted.FirstOrDefault(root => root.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData));
            var fault = new PeerTrust(trusted, clock, issuer is null ? null : [issuer]).Check(leaf, between, PeerRole.Server, [order.Node]) ?? FaultOf(leaf, order);

            if (fault is not null || issuer is null)
            {
                throw new HostCertificateException($"The command's certificate is refused. {fault}");
            }

            return new IssuedHostCertificate(string.Concat(between.Prepend(leaf).Select(certificate => certificate.ExportCertificatePem() + "\n")), leaf, issuer);
        }
        catch (CryptographicException e)
        {
            throw new HostCertificateException($"What the command printed cannot be read as certificates: {e.Message}", e);
        }
    }

    private string? FaultOf(X509Certificate2 leaf, HostOrder order)
    {
        if (!leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(order.Key.ExportSubjectPublicKeyInfo()))
        {
            return "It is for another key than the request's.";
        }

        var names = PeerNames.Of(leaf);

        if (names.Dns is not [var name] || name != order.Node || !names.Addresses.All(order.Addresses.Contains))
        {
            return $"It is for {names}, and must be for {order.Node} and no address but {string.Join(", ", order.Addresses)}.";
        }

        return new DateTimeOffset(leaf.NotAfter) < clock.GetUtcNow() + ShortestLife ? $"It is good for less than {ShortestLife.TotalHours:0} hour." : null;
    }

    // Who issues for this node may change with every order of it; brokers go on trusting the one before, until the node is removed.
    private void Remember(HostOrder order, X509Certificate2 issuer) => state.Change((store, now) =>
    {
        IssuingAuthorities.RequireEnrolled(store, order);

        if (IssuingAuthorities.IsWithdrawn(store, order.Node, issuer))
        {
            throw new HostCertificateException(
                $"The issuer {issuer.Subject} was withdrawn for node {order.Node} when that was removed: what it signed then would be good again. Have another one issue for the node.");
        }

        if (!options.Value.HostCommandSharedIssuer && SharingOf(now, order.Node, issuer) is { } sharing)
        {
            throw new HostCertificateException(
                $"The issuer {issuer.Subject} {sharing}, and QEMU lets in whoever has a certificate of its issuer: each node's would open other nodes' consoles. "
                + "Have an authority for each node issue them, or say that this is wanted (Authority:HostCommandSharedIssuer=true).");
        }

        if (now.IssuingOf(order.Node) is not [.., var latest] || !latest.Certificate.AsSpan().SequenceEqual(issuer.RawDataMemory.Span))
        {
            IssuingAuthorities.Add(store, order.Node, new IssuingAuthority(Root: null, [], issuer.RawData, KeyFile: null, clock.GetUtcNow()));
        }

        return issuer;
    });

    private string? SharingOf(AuthoritySnapshot now, string node, X509Certificate2 issuer)
    {
        if (roots.Of(now).Any(root => IssuingAuthorities.HaveOneKey(root.RawData, issuer)))
        {
            return "is a root";
        }

        return now.Issuing.FirstOrDefault(other => other.Key != node && other.Value.Any(known => IssuingAuthorities.HaveOneKey(known.Certificate, issuer))).Key is { } another
            ? $"issues for node {another} too"
            : null;
    }
}
