using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>The key of a PKCS#10 request, after its bearer has proved to hold it. Whatever else the request says is not read.</summary>
internal static class SigningRequest
{
    public const int MaxCharacters = 8 * 1024;

    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";
    private const int ShortestRsa = 2048;
    private const int LongestRsa = 4096;

    /// <exception cref="SigningRequestException">It is not PKCS#10, too long, of a key we do not sign, or not signed by that key.</exception>
    public static PublicKey ReadKey(string pem)
    {
        if (pem.Length > MaxCharacters)
        {
            throw new SigningRequestException($"The certificate request has {pem.Length} characters; {MaxCharacters} is the limit.");
        }

        try
        {
            // The size of the key is judged before any arithmetic is done with it.
            CheckKey(Load(pem, CertificateRequestLoadOptions.SkipSignatureValidation).PublicKey);
            return Load(pem, CertificateRequestLoadOptions.Default).PublicKey;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new SigningRequestException($"The certificate request cannot be read, or is not signed by its own key: {e.Message}", e);
        }
    }

    private static CertificateRequest Load(string pem, CertificateRequestLoadOptions options) =>
        CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256, options, RSASignaturePadding.Pkcs1);

    private static void CheckKey(PublicKey key)
    {
        using var ec = key.GetECDsaPublicKey();
        using var rsa = key.GetRSAPublicKey();

        var fits = ec is not null
            ? ec.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true, Oid.Value: P256 or P384 }
            : rsa?.KeySize is >= ShortestRsa and <= LongestRsa;

        if (!fits)
        {
            throw new SigningRequestException($"The request's key is neither EC on P-256 or P-384 nor RSA of {ShortestRsa} to {LongestRsa} bits.");
        }
    }
}

/// <summary>A certificate request is refused; the message says why.</summary>
internal sealed class SigningRequestException(string message, Exception? inner = null) : Exception(message, inner);
