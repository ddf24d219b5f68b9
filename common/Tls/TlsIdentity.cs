using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Common.Tls;

/// <summary>The certificate with which this process shows itself, its key, and the authorities to send along.</summary>
internal sealed class TlsIdentity : IDisposable
{
    private const int MaxPemBytes = 64 * 1024;

    public TlsIdentity(SslStreamCertificateContext context) => Context = context;

    public X509Certificate2 Certificate => Context.TargetCertificate;

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

        // Offline: the chain is what the file holds, and the platform fetches nothing to complete it.
        return new TlsIdentity(SslStreamCertificateContext.Create(CreateFromPem(chain, key), authorities, offline: true));
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
