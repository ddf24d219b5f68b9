using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Tls;

namespace Consoles.Agent.Certificates;

/// <summary>What can be said against a set before QEMU is asked: whether a broker would refuse what it serves, and whether guests would start with it next week.</summary>
internal static class CertificatePreflight
{
    /// <summary>The least that must be left of the leaf's life.</summary>
    public static readonly TimeSpan LeastLife = TimeSpan.FromHours(1);

    private const int MaxNames = 100;
    private const int MinRsaBits = 2048;
    private const int X509Version3 = 3;
    private const string NotItsKey = "The key is not that of the certificate.";
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    // md5WithRSA, sha1WithRSA, ecdsaWithSHA1.
    private static readonly string[] BrokenSignatures = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

    /// <summary>Says in words why the set must not be installed, or null when nothing speaks against it. It throws nothing, whatever the papers hold.</summary>
    /// <param name="name">What brokers look for in the certificate: a DNS name, or an address in text.</param>
    public static string? Fault(CertificatePapers papers, string name, DateTimeOffset now)
    {
        try
        {
            using var pems = CertificatePems.Read(papers);

            return LeafFault(pems.Leaf, name, now) ?? KeyFault(pems.Leaf, pems.Key) ?? CertificateChain.Fault(pems, now);
        }
        catch (CertificateException e)
        {
            return e.Message;
        }
        catch (Exception e)
        {
            // The platform's readers meet bytes of others here, and throw more than they document.
            return $"The set cannot be read: {e.Message}";
        }
    }

    /// <summary>The first name in the leaf, or null when there is none or it cannot be read.</summary>
    public static string? FirstName(CertificatePapers papers)
    {
        try
        {
            using var pems = CertificatePems.Read(papers);
            return PeerNames.Of(pems.Leaf).All is [var first, ..] ? first : null;
        }
        catch (Exception e) when (e is CertificateException or CryptographicException)
        {
            return null;
        }
    }

    private static string? LeafFault(X509Certificate2 leaf, string name, DateTimeOffset now)
    {
        if (leaf.Version != X509Version3)
        {
            return $"The certificate is of version {leaf.Version}, which says nothing of its use.";
        }

        if (BrokenSignatures.Contains(leaf.SignatureAlgorithm.Value))
        {
            return $"The certificate is signed with {leaf.SignatureAlgorithm.FriendlyName}, which is broken.";
        }

        return LifeFault(leaf, now) ?? UseFault(leaf) ?? NameFault(leaf, name);
    }

    private static string? LifeFault(X509Certificate2 leaf, DateTimeOffset now)
    {
        if (now < new DateTimeOffset(leaf.NotBefore))
        {
            return $"The certificate's life begins at {leaf.NotBefore.ToUniversalTime():u}, and it is {now:u} here.";
        }

        if (now >= new DateTimeOffset(leaf.NotAfter))
        {
            return $"The certificate expired at {leaf.NotAfter.ToUniversalTime():u}.";
        }

        return now + LeastLife < new DateTimeOffset(leaf.NotAfter) ? null : $"The certificate expires at {leaf.NotAfter.ToUniversalTime():u}, which is too soon: guests would not start any more.";
    }

    private static string? UseFault(X509Certificate2 leaf)
    {
        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
        {
            return "The certificate is an authority's own (CA:TRUE), and not a server's.";
        }

        var uses = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>());

        if (!uses.Any(use => use.Value == ServerAuth))
        {
            return "The certificate is not for a server (extended key usage serverAuth is missing).";
        }

        return leaf.Extensions.OfType<X509KeyUsageExtension>().Any(usage => !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
            ? "The certificate's key may not sign (key usage digitalSignature is missing), which TLS 1.3 needs."
            : null;
    }

    private static string? NameFault(X509Certificate2 leaf, string name)
    {
        var names = PeerNames.Of(leaf);

        if (names.All.Count > MaxNames)
        {
            return $"The certificate has {names.All.Count} names; {MaxNames} is the limit.";
        }

        return names.Contains(name) ? null : $"The certificate is for {names}, and not for {name}.";
    }

    // A signature proves more than equal numbers: that the key can be used.
    private static string? KeyFault(X509Certificate2 leaf, string keyPem)
    {
        var sample = RandomNumberGenerator.GetBytes(32);

        if (leaf.GetECDsaPublicKey() is { } curve)
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(keyPem);

            return curve.VerifyData(sample, key.SignData(sample, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256) ? null : NotItsKey;
        }

        if (leaf.GetRSAPublicKey() is { } rsa)
        {
            using var key = RSA.Create();
            key.ImportFromPem(keyPem);

            if (rsa.KeySize < MinRsaBits)
            {
                return $"The certificate's key has {rsa.KeySize} bits; {MinRsaBits} is the least.";
            }

            return rsa.VerifyData(sample, key.SignData(sample, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                ? null
                : NotItsKey;
        }

        return "The certificate's key is neither RSA nor one on an elliptic curve.";
    }
}
