using System.Text.Json.Serialization;

namespace Consoles.Common.Inventory;

/// <summary>The protection a console really offered.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsoleSecurity>))]
public enum ConsoleSecurity
{
    [JsonStringEnumMemberName("none")] None,
    [JsonStringEnumMemberName("password")] Password,
    [JsonStringEnumMemberName("x509")] X509,
    [JsonStringEnumMemberName("x509+password")] X509Password,
    [JsonStringEnumMemberName("x509+sasl")] X509Sasl,
    [JsonStringEnumMemberName("anonymous-tls")] AnonymousTls,
    [JsonStringEnumMemberName("unreachable")] Unreachable,
}

/// <summary>What a real handshake with an endpoint found, up to and not into authentication.</summary>
/// <param name="Security">The strongest protection offered.</param>
/// <param name="Reason">The same in words, for a person: what was offered, or why nothing could be found out.</param>
/// <param name="ProvedAt">When the handshake was made.</param>
/// <param name="Certificate">The certificate that was served, or null where none was.</param>
public sealed record Readiness(ConsoleSecurity Security, string Reason, DateTimeOffset ProvedAt, ServedCertificate? Certificate = null);

/// <summary>A certificate as QEMU really served it, which may differ from the file on disk.</summary>
/// <param name="Fingerprint">SHA-256 of the DER form, lower-case hexadecimal.</param>
/// <param name="Serial">The serial number, lower-case hexadecimal.</param>
/// <param name="Names">DNS names and IP addresses of the subject alternative name.</param>
public sealed record ServedCertificate(string Fingerprint, string Serial, string Subject, IReadOnlyList<string> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter);
