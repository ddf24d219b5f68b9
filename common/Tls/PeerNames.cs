using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Common.Tls;

/// <summary>The names in a certificate: those of its subject alternative name and no others.</summary>
/// <remarks>The common name is not one (RFC 9525, section 2), and no name is a pattern: a wildcard stands for nothing but itself.</remarks>
internal sealed record PeerNames(IReadOnlyList<string> Dns, IReadOnlyList<IPAddress> Addresses)
{
    /// <exception cref="CryptographicException">The extension is malformed, or there are several.</exception>
    public static PeerNames Of(X509Certificate2 certificate)
    {
        var extensions = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToList();

        return extensions.Count switch
        {
            0 => new PeerNames([], []),
            1 => new PeerNames([.. extensions[0].EnumerateDnsNames()], [.. extensions[0].EnumerateIPAddresses()]),
            _ => throw new CryptographicException("The certificate has several subject alternative names."),
        };
    }

    public bool Contains(string name) => IPAddress.TryParse(name, out var address)
        ? Addresses.Contains(address)
        : Dns.Contains(name, StringComparer.OrdinalIgnoreCase);

    public override string ToString() => Dns.Count + Addresses.Count == 0 ? "nobody" : string.Join(", ", All);

    public IReadOnlyList<string> All => [.. Dns, .. Addresses.Select(address => address.ToString())];
}
