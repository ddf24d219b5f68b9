using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Common.Tls;

/// <summary>The certificate with which this process shows itself, its key, and the authorities to send along.</summary>
internal sealed class TlsIdentity : IDisposable
{
    private const int MaxPemBytes = 64 * 1024;

    private TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        Certificate = certificate;

        // Offline: the chain is what the file holds, and the platform fetches nothing to complete it.
        Context = SslStreamCertificateContext.Create(certificate, authorities, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext Context { get; }

    /// <param name="chain">The certificate first, then the authorities above it.</param>
    /// <exception cref="CryptographicException">It is not PEM, or the key is another certificate's.</exception>
    public static TlsIdentity FromPem(string chain, string key)
    {
        if (chain.Length > MaxPemBytes || key.Length > MaxPemBytes)
        {
            throw new CryptographicException($"A certificate or key of more than {MaxPemBytes} characters is refused.");
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(chain);

        if (authorities.Count == 0)
        {
            throw new CryptographicException("There is no certificate in the file.");
        }

        authorities[0].Dispose();
        authorities.RemoveAt(0);
        return new TlsIdentity(CreateFromPem(chain, key), authorities);
    }

    public void Dispose() => Certificate.Dispose();

    private static X509Certificate2 CreateFromPem(string chain, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(chain, key);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException("The key is not that of the certificate.", e);
        }
    }
}
