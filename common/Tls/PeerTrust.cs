using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Common.Tls;

/// <summary>Judges the certificates of peers against roots of our own; those of the machine count for nothing.</summary>
/// <remarks>Nothing is downloaded, and nothing is resumed: each connection is judged by the roots and the clock of its own moment.</remarks>
internal sealed class PeerTrust
{
    // An EC chain is under 1 KiB a certificate. These bound what a hostile peer makes us work on.
    private const int MaxCertificateBytes = 16 * 1024;
    private const int MaxExtraCertificates = 8;

    // Leaf, two issuing authorities, root.
    private const int MaxChainLength = 4;
    private const int MaxPemBytes = 256 * 1024;

    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _roots = [];
    private readonly X509Certificate2Collection _intermediates = [];
    private readonly X509Certificate2Collection? _issuers;
    private readonly TimeProvider _clock;

    // Whatever is trusted is trusted by itself, whoever issued it: as GnuTLS reads the ca-cert.pem of a QEMU.
    private readonly bool _anchored;

    private PeerTrust(X509Certificate2Collection anchors, TimeProvider clock, bool anchored)
    {
        (_roots, _clock, _anchored) = (anchors, clock, anchored);
    }

    /// <param name="authorities">Roots, and where wanted the authorities between them and the peers. A root is recognised by naming itself as its issuer.</param>
    /// <param name="issuers">Null: whichever authority below the roots. Else one of these must have issued the peer's certificate itself.</param>
    public PeerTrust(X509Certificate2Collection authorities, TimeProvider clock, X509Certificate2Collection? issuers = null)
    {
        _clock = clock;
        _issuers = issuers;

        foreach (var authority in authorities)
        {
            (IsRoot(authority) ? _roots : _intermediates).Add(authority);
        }

        if (_roots.Count == 0)
        {
            throw new ArgumentException("There is no root among the authorities to trust.", nameof(authorities));
        }
    }

    public IReadOnlyList<X509Certificate2> Roots => [.. _roots];

    /// <exception cref="CryptographicException">The text has no certificates, or is too long to be a bundle of authorities.</exception>
    public static PeerTrust FromPem(string pem, TimeProvider clock)
    {
        var authorities = Import(pem);

        return authorities.Any(IsRoot)
            ? new PeerTrust(authorities, clock)
            : throw new CryptographicException("There is no root certificate in the bundle of authorities.");
    }

    /// <summary>The same of a bundle whose authorities are each trusted by themselves, roots or not: a node's ca-cert.pem holds an issuing authority without its root.</summary>
    /// <exception cref="CryptographicException">The text has no certificates, or is too long to be a bundle of authorities.</exception>
    public static PeerTrust FromAnchorsPem(string pem, TimeProvider clock)
    {
        var anchors = Import(pem);
        return anchors.Count > 0 ? new PeerTrust(anchors, clock, anchored: true) : throw new CryptographicException("There is no certificate in the bundle of authorities.");
    }

    /// <summary>Says in words what is wrong with a peer's certificate, or null when nothing is.</summary>
    /// <param name="leaf">The peer's own certificate.</param>
    /// <param name="extra">What the peer sent along, or null.</param>
    /// <param name="names">One of them must be in the certificate: DNS names, or IP addresses in text. With none, nobody passes.</param>
    public string? Check(X509Certificate2 leaf, X509Certificate2Collection? extra, PeerRole role, IReadOnlyCollection<string> names)
    {
        if (CheckAnyName(leaf, extra, role) is { } fault)
        {
            return fault;
        }

        var held = PeerNames.Of(leaf);

        return names.Any(held.Contains)
            ? null
            : $"The certificate has the wrong name: it is for {held}, and not for {string.Join(" or ", names)}.";
    }

    /// <summary>The same for a peer whose name the caller takes from the certificate afterwards.</summary>
    public string? CheckAnyName(X509Certificate2 leaf, X509Certificate2Collection? extra, PeerRole role)
    {
        if (leaf.RawDataMemory.Length > MaxCertificateBytes || extra?.Count > MaxExtraCertificates)
        {
            return $"The certificate is too large: over {MaxCertificateBytes} bytes, or more than {MaxExtraCertificates} others came with it.";
        }

        try
        {
            return ChainFault(leaf, extra, role) ?? LifeFault(leaf) ?? UseFault(leaf, role) ?? NamesFault(leaf);
        }
        catch (CryptographicException e)
        {
            return $"The certificate cannot be read: {e.Message}";
        }
    }

    private static X509Certificate2Collection Import(string pem)
    {
        if (pem.Length > MaxPemBytes)
        {
            throw new CryptographicException($"A bundle of authorities of {pem.Length} characters is refused; {MaxPemBytes} is the limit.");
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities;
    }

    private static bool IsRoot(X509Certificate2 authority) => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);

    private static string Usage(PeerRole role) => role == PeerRole.Server ? ServerAuth : ClientAuth;

    private string? ChainFault(X509Certificate2 leaf, X509Certificate2Collection? extra, PeerRole role)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy = Policy(role);
        chain.ChainPolicy.ExtraStore.AddRange(_intermediates);

        if (extra is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(extra);
        }

        try
        {
            var trusted = chain.Build(leaf);
            var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);

            if (chain.ChainElements.Count > MaxChainLength)
            {
                return $"The certificate's chain is {chain.ChainElements.Count} long; {MaxChainLength} is the limit.";
            }

            // A chain that ends without a root is whole for us where an anchor stands in it.
            if (_anchored && chain.ChainElements.Skip(1).Any(element => Stands(element, _roots)))
            {
                status &= ~(X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot);
                trusted = status == X509ChainStatusFlags.NoError;
            }

            return !trusted ? Words(status, leaf)
                : _issuers is null || chain.ChainElements.Skip(1).Take(1).Any(element => Stands(element, _issuers)) ? null
                : $"The certificate is from the wrong authority: {leaf.Issuer} is not one that issues for this peer.";
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    private static bool Stands(X509ChainElement element, X509Certificate2Collection among) =>
        among.Any(certificate => certificate.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span));

    // Who signed it comes first: what an unknown authority wrote into a certificate is not worth a sentence.
    private string? Words(X509ChainStatusFlags status, X509Certificate2 leaf)
    {
        const X509ChainStatusFlags Unsigned = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;
        const X509ChainStatusFlags OutOfTime = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotTimeNested;

        if ((status & Unsigned) != X509ChainStatusFlags.NoError)
        {
            return $"The certificate is from the wrong authority: {leaf.Issuer} is not one that is trusted here.";
        }

        if ((status & ~OutOfTime) == X509ChainStatusFlags.NoError)
        {
            return LifeFault(leaf) ?? "The certificate's authority has expired, or is not valid yet.";
        }

        if (status.HasFlag(X509ChainStatusFlags.NotValidForUsage))
        {
            return "The certificate is for the wrong use: it, or its authority, is not meant for this.";
        }

        return $"The certificate's chain is not valid: {status & ~OutOfTime}.";
    }

    private string? LifeFault(X509Certificate2 leaf)
    {
        var now = _clock.GetUtcNow();

        if (now < new DateTimeOffset(leaf.NotBefore))
        {
            return $"The certificate is not valid yet: its life begins at {Instant(leaf.NotBefore)}.";
        }

        return now > new DateTimeOffset(leaf.NotAfter) ? $"The certificate has expired, at {Instant(leaf.NotAfter)}." : null;
    }

    // No statement about use is no permission: QEMU takes such a certificate, we do not.
    private static string? UseFault(X509Certificate2 leaf, PeerRole role)
    {
        var uses = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>());

        if (!uses.Any(use => string.Equals(use.Value, Usage(role), StringComparison.Ordinal)))
        {
            return $"The certificate is for the wrong use: it is not for {(role == PeerRole.Server ? "a server" : "a client")} (extended key usage).";
        }

        return leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority)
            ? "The certificate is for the wrong use: it is an authority's own."
            : null;
    }

    private static string? NamesFault(X509Certificate2 leaf)
    {
        _ = PeerNames.Of(leaf);
        return null;
    }

    private static string Instant(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The policy under which the platform builds chains for us, so that it never asks the network.</summary>
    internal X509ChainPolicy Policy(PeerRole role)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = _clock.GetUtcNow().UtcDateTime,
            VerificationTimeIgnored = false,
            ApplicationPolicy = { new Oid(Usage(role)) },
        };

        policy.CustomTrustStore.AddRange(_roots);
        return policy;
    }
}
