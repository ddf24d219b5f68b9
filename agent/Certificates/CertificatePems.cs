using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Agent.Certificates;

/// <summary>The certificates and the key in a set's papers, taken apart within limits.</summary>
/// <param name="Sent">What is sent after the leaf.</param>
/// <param name="Authorities">What ca-cert.pem holds.</param>
/// <param name="Key">One PEM block.</param>
internal sealed record CertificatePems(X509Certificate2 Leaf, IReadOnlyList<X509Certificate2> Sent, IReadOnlyList<X509Certificate2> Authorities, string Key) : IDisposable
{
    public const int MaxBytes = 64 * 1024;

    // Leaf, two issuing authorities, root.
    private const int MaxChain = 4;
    private const int MaxAuthorities = 16;
    private const int MaxCertificateBytes = 16 * 1024;

    private static readonly string[] Keys = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];

    /// <exception cref="CertificateException">The papers are not what they should be.</exception>
    /// <exception cref="CryptographicException">A certificate is not one.</exception>
    public static CertificatePems Read(CertificatePapers papers)
    {
        var chain = Certificates(papers.Certificate, CertificateNames.Certificate, MaxChain);
        var authorities = Certificates(papers.Authorities, CertificateNames.Authorities, MaxAuthorities);

        return new CertificatePems(chain[0], chain[1..], authorities, KeyOf(papers.Key));
    }

    public void Dispose()
    {
        foreach (var certificate in Sent.Concat(Authorities).Prepend(Leaf))
        {
            certificate.Dispose();
        }
    }

    private static List<X509Certificate2> Certificates(string text, string file, int limit)
    {
        var blocks = Blocks(text, file);

        if (blocks.Find(block => block.Label != "CERTIFICATE") is { Label: not null } other)
        {
            throw new CertificateException($"{file} holds a {other.Label}, and only certificates belong there.");
        }

        if (blocks.Count == 0 || blocks.Count > limit)
        {
            throw new CertificateException(blocks.Count == 0 ? $"{file} holds no certificate." : $"{file} holds {blocks.Count} certificates; {limit} is the limit.");
        }

        return [.. blocks.Select(block => Certificate(block.Pem, file))];
    }

    private static X509Certificate2 Certificate(string pem, string file)
    {
        var der = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);

        return der.Length <= MaxCertificateBytes
            ? X509CertificateLoader.LoadCertificate(der)
            : throw new CertificateException($"{file} holds a certificate of {der.Length} bytes; {MaxCertificateBytes} is the limit.");
    }

    private static string KeyOf(string text)
    {
        // Both forms, PKCS#8's label and the header of the older one, which the platform takes for damage.
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CertificateException($"{CertificateNames.Key} is encrypted, and libvirt gives QEMU no passphrase for it.");
        }

        // openssl writes the curve before the key, which says it again.
        var blocks = Blocks(text, CertificateNames.Key).FindAll(block => block.Label != "EC PARAMETERS");

        return blocks switch
        {
            [var key] when Keys.Contains(key.Label) => key.Pem,
            _ => throw new CertificateException($"{CertificateNames.Key} holds {blocks.Count} blocks of PEM ({string.Join(", ", blocks.Take(4).Select(block => block.Label))}); it must be one private key."),
        };
    }

    private static List<(string Label, string Pem)> Blocks(string text, string file)
    {
        if (text.Length > MaxBytes)
        {
            throw new CertificateException($"{file} would have {text.Length} characters; {MaxBytes} is the limit.");
        }

        // GnuTLS reads C strings: what stands behind a NUL is there for one reader and not for the other.
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new CertificateException($"{file} holds a NUL byte, and so is no PEM.");
        }

        var blocks = new List<(string, string)>();
        var rest = text.AsSpan();

        while (PemEncoding.TryFind(rest, out var fields))
        {
            blocks.Add((rest[fields.Label].ToString(), rest[fields.Location].ToString()));
            rest = rest[fields.Location.End..];
        }

        // A block that is cut off is none to the platform, and may be one to others.
        return Count(text, "-----BEGIN ") == blocks.Count
            ? blocks
            : throw new CertificateException($"{file} holds PEM that is cut off or damaged.");
    }

    private static int Count(ReadOnlySpan<char> text, string mark) => System.MemoryExtensions.Count(text, mark);
}
