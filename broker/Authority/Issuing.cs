using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>The shape of every certificate that the authority signs (RFC 5280).</summary>
internal static class Issuing
{
    /// <summary>A certificate's life begins this long before it is signed, so that a peer whose clock is behind accepts it.</summary>
    public static readonly TimeSpan Backdate = TimeSpan.FromHours(1);

    // A root begins long before the first that it signs, or it would cut that one's own backdating short.
    private static readonly TimeSpan RootBackdate = TimeSpan.FromDays(1);

    // RFC 5280, appendix A: ub-common-name.
    private const int LongestCommonName = 64;
    private const int SerialBytes = 16;
    private const string Rsa = "1.2.840.113549.1.1.1";

    private static readonly Oid ServerAuth = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuth = new("1.3.6.1.5.5.7.3.2");

    /// <param name="name">For people; roots are known by their key.</param>
    /// <param name="pathLength">How many authorities may stand between the root and a leaf.</param>
    public static X509Certificate2 MakeRoot(string name, int pathLength, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(name), key, HashAlgorithmName.SHA256);

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLength, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        using var unsigned = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - RootBackdate, now + life, Serial());
        return unsigned.CopyWithPrivateKey(key);
    }

    /// <summary>An authority below a root, with a key of its own, that may issue servers' certificates for one name and these addresses.</summary>
    public static X509Certificate2 MakeIssuing(X509Certificate2 root, string name, IReadOnlyList<IPAddress> addresses, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        // Two authorities of a node must not bear one name, or a chain could be built with the wrong one.
        var mark = RandomNumberGenerator.GetHexString(8, lowercase: true);
        var subject = Subject($"{name} {mark}".Length <= LongestCommonName ? $"{name} {mark}" : mark, "Consoles hosts");
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(NameConstraints.Of(name, addresses));
        AddKeys(request, root);

        using var unsigned = Sign(request, root, now - RootBackdate, now + life);
        return unsigned.CopyWithPrivateKey(key);
    }

    /// <summary>A client's certificate for a key that we have not.</summary>
    /// <param name="organization">What all clients of a kind have in common, or null.</param>
    public static X509Certificate2 IssueClient(X509Certificate2 root, PublicKey key, string name, DateTimeOffset now, TimeSpan life, string? organization = null) =>
        Issue(root, key, Subject(name, organization), [name], [], ClientAuth, now, life);

    /// <summary>A client's certificate with a key of its own.</summary>
    public static X509Certificate2 MakeClient(X509Certificate2 root, string name, DateTimeOffset now, TimeSpan life, string? organization = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = IssueClient(root, new PublicKey(key), name, now, life, organization);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A server's certificate for a key that we have not.</summary>
    public static X509Certificate2 IssueServer(
        X509Certificate2 issuer, PublicKey key, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, DateTimeOffset now, TimeSpan life) =>
        Issue(issuer, key, Subject(names[0]), names, addresses, ServerAuth, now, life);

    /// <summary>A server's certificate with a key of its own.</summary>
    public static X509Certificate2 MakeServer(
        X509Certificate2 root, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = IssueServer(root, new PublicKey(key), names, addresses, now, life);
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Issue(
        X509Certificate2 root, PublicKey key, X500DistinguishedName subject, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, Oid use, DateTimeOffset now, TimeSpan life)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();

        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        foreach (var address in addresses)
        {
            alternatives.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(UsageOf(key), critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([use], critical: false));
        request.CertificateExtensions.Add(alternatives.Build());
        AddKeys(request, root);

        return Sign(request, root, now - Backdate, now + life);
    }

    private static void AddKeys(CertificateRequest request, X509Certificate2 issuer)
    {
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
    }

    private static X509Certificate2 Sign(CertificateRequest request, X509Certificate2 issuer, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var signer = issuer.GetECDsaPrivateKey()!;
        return request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), Later(notBefore, issuer.NotBefore), Earlier(notAfter, issuer.NotAfter), Serial());
    }

    // An older QEMU wants keyEncipherment where the key usage is critical; a key on a curve cannot do that.
    private static X509KeyUsageFlags UsageOf(PublicKey key) =>
        key.Oid.Value == Rsa ? X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.DigitalSignature;

    private static DateTimeOffset Later(DateTimeOffset wanted, DateTime limit) => new(Math.Max(wanted.UtcTicks, limit.ToUniversalTime().Ticks), TimeSpan.Zero);

    private static DateTimeOffset Earlier(DateTimeOffset wanted, DateTime limit) => new(Math.Min(wanted.UtcTicks, limit.ToUniversalTime().Ticks), TimeSpan.Zero);

    private static X500DistinguishedName Subject(string name, string? organization = null)
    {
        var subject = new X500DistinguishedNameBuilder();

        if (organization is not null)
        {
            subject.AddOrganizationName(organization);
        }

        subject.AddCommonName(name.Length <= LongestCommonName ? name : "Consoles");
        return subject.Build();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);

        // RFC 5280, section 4.1.2.2: positive; and its first byte not zero, which DER would leave out.
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
