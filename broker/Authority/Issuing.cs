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

    /// <summary>A client's certificate for a key that we have not.</summary>
    public static X509Certificate2 IssueClient(X509Certificate2 root, PublicKey key, string name, DateTimeOffset now, TimeSpan life) =>
        Issue(root, key, name, [name], [], ClientAuth, now, life);

    /// <summary>A client's certificate with a key of its own.</summary>
    public static X509Certificate2 MakeClient(X509Certificate2 root, string name, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = IssueClient(root, new PublicKey(key), name, now, life);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A server's certificate with a key of its own.</summary>
    public static X509Certificate2 MakeServer(
        X509Certificate2 root, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Issue(root, new PublicKey(key), names[0], names, addresses, ServerAuth, now, life);
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Issue(
        X509Certificate2 root, PublicKey key, string subject, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, Oid use, DateTimeOffset now, TimeSpan life)
    {
        var request = new CertificateRequest(Subject(subject), key, HashAlgorithmName.SHA256);
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
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([use], critical: false));
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        using var signer = root.GetECDsaPrivateKey()!;
        return request.Create(
            root.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), Later(now - Backdate, root.NotBefore), Earlier(now + life, root.NotAfter), Serial());
    }

    private static DateTimeOffset Later(DateTimeOffset wanted, DateTime limit) => new(Math.Max(wanted.UtcTicks, limit.ToUniversalTime().Ticks), TimeSpan.Zero);

    private static DateTimeOffset Earlier(DateTimeOffset wanted, DateTime limit) => new(Math.Min(wanted.UtcTicks, limit.ToUniversalTime().Ticks), TimeSpan.Zero);

    private static X500DistinguishedName Subject(string name)
    {
        var subject = new X500DistinguishedNameBuilder();
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
