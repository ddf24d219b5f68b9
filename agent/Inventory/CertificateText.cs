using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Common.Tls;

namespace Consoles.Agent.Inventory;

/// <summary>What a report says of a certificate.</summary>
internal static class CertificateText
{
    // A certificate goes into every report; these hold for any that a person has made.
    private const int MaxNames = 64;

    // RFC 1035, section 2.3.4: no host name is longer.
    private const int MaxNameLength = 255;
    private const int MaxSubjectLength = 256;

    public static ServedCertificate Describe(X509Certificate2 certificate)
    {
        var subject = certificate.Subject.ReplaceControls();

        return new ServedCertificate(
            Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
            certificate.SerialNumber.ToLowerInvariant(),
            subject.Length <= MaxSubjectLength ? subject : subject[..MaxSubjectLength],
            Names(certificate),
            new DateTimeOffset(certificate.NotBefore).ToUniversalTime(),
            new DateTimeOffset(certificate.NotAfter).ToUniversalTime());
    }

    private static IReadOnlyList<string> Names(X509Certificate2 certificate)
    {
        try
        {
            return [.. PeerNames.Of(certificate).All.Where(name => name.Length <= MaxNameLength).Take(MaxNames)];
        }
        catch (CryptographicException)
        {
            // Names that cannot be read are none: whoever checks the certificate will refuse it and say why.
            return [];
        }
    }
}
