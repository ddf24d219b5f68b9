using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>The roots above hosts' certificates: the authority's own, or those of the one that a command asks.</summary>
internal sealed class HostRoots(IOptions<AuthorityOptions> options)
{
    /// <exception cref="CryptographicException">The file of the other authority's roots cannot be used.</exception>
    public X509Certificate2Collection Of(AuthoritySnapshot now)
    {
        if (options.Value.HostCommandCaFile is not { } file)
        {
            return [.. now.Of(AuthorityCircle.Hosts).Select(root => root.Certificate)];
        }

        try
        {
            var given = new X509Certificate2Collection();
            given.ImportFromPemFile(file);

            return given.Any(root => root.SubjectName.RawData.AsSpan().SequenceEqual(root.IssuerName.RawData))
                ? given
                : throw new CryptographicException($"There is no root certificate in {file}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CryptographicException($"The roots of hosts in {file} cannot be read: {e.Message}", e);
        }
    }
}
