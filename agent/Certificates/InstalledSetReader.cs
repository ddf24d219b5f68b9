using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Consoles.Agent.Certificates;

/// <summary>Reads what QEMU would load.</summary>
internal static class InstalledSetReader
{
    // A version that was current may be erased while it is read, after two more installations.
    private const int MaxTries = 3;

    /// <returns>Null when there is no set.</returns>
    /// <exception cref="CertificateException">There is one that cannot be used.</exception>
    public static InstalledSet? Read(CertificateDirectory directory)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return ReadOnce(directory);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && attempt < MaxTries)
            {
                continue;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
            {
                throw new CertificateException($"The set in {directory.Location} cannot be used: {e.Message}", e);
            }
        }
    }

    private static InstalledSet? ReadOnce(CertificateDirectory directory)
    {
        var (certificate, key) = (directory.Top(CertificateNames.Certificate), directory.Top(CertificateNames.Key));

        if (certificate == TopName.Missing && key == TopName.Missing)
        {
            return null;
        }

        var current = directory.Current();

        if (CertificateNames.Set.Any(name => directory.Top(name) == TopName.Plain))
        {
            return Of(directory.Location, plan: null, version: 0, byHand: true);
        }

        return current is { } version ? Of(directory.Version(version), directory.Plan(version), version, byHand: false) : null;
    }

    private static InstalledSet Of(string files, string? plan, int version, bool byHand)
    {
        var pem = Text(CertificateNames.Certificate);
        _ = Text(CertificateNames.Authorities);

        // The pair is what is looked at; the key stays where it is.
        using var pair = X509Certificate2.CreateFromPem(pem, Text(CertificateNames.Key));
        return new InstalledSet(X509Certificate2.CreateFromPem(pem), plan, version, byHand);

        string Text(string name) => Encoding.UTF8.GetString(CertificateAdoption.Read(Path.Combine(files, name)));
    }
}
