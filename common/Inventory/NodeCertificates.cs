using System.Text.Json.Serialization;

namespace Consoles.Common.Inventory;

/// <summary>What a node says of the certificates that its QEMUs serve: the files, and what each running guest was proved to make of them.</summary>
public sealed record NodeCertificates
{
    public IReadOnlyList<CertificateSet> Sets { get; init; } = [];

    /// <summary>Consoles of running guests on a transport that carries a certificate, or should.</summary>
    public IReadOnlyList<ConsoleCertificate> Consoles { get; init; } = [];

    /// <summary>How qemu.conf differs from what the node's policy wants, in words; null when it does not, or is not looked at.</summary>
    public string? Drift { get; init; }
}

/// <summary>What a set of certificate files is for: the directories that qemu.conf names.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CertificateUse>))]
public enum CertificateUse
{
    /// <summary>vnc_tls_x509_cert_dir.</summary>
    [JsonStringEnumMemberName("vnc")] Vnc,

    /// <summary>spice_tls_x509_cert_dir.</summary>
    [JsonStringEnumMemberName("spice")] Spice,

    /// <summary>chardev_tls_x509_cert_dir.</summary>
    [JsonStringEnumMemberName("chardev")] Chardev,

    /// <summary>default_tls_x509_cert_dir, of which those are made that are not named.</summary>
    [JsonStringEnumMemberName("default")] Default,
}

/// <summary>One directory of certificate files.</summary>
/// <param name="Enabled">qemu.conf switches TLS on for this use.</param>
/// <param name="ByHand">A person looks after the files; the agent watches and reports.</param>
/// <param name="Certificate">The server certificate on disk, or null when there is none that can be read.</param>
/// <param name="Plan">What the set was made to (<see cref="Link.HostCertificateAnswer.Plan"/>), or null.</param>
/// <param name="Fault">Why there is no good set, or why the last attempt to make one failed, in words.</param>
/// <param name="RetryAt">When the next attempt is made after a failed one.</param>
public sealed record CertificateSet(
    CertificateUse Use, string Directory, bool Enabled, bool ByHand, ServedCertificate? Certificate, string? Plan = null, string? Fault = null, DateTimeOffset? RetryAt = null);

/// <summary>What one console of a running guest serves.</summary>
/// <param name="Served">What the latest handshake showed, or null where none was made.</param>
/// <param name="ProvedAt">When that handshake was made.</param>
/// <param name="Reason">In words, where the condition needs any.</param>
/// <param name="By">Until when something must have happened: the end of the served certificate's life.</param>
public sealed record ConsoleCertificate(
    Incarnation Incarnation, string Console, CertificateCondition Condition, ServedCertificate? Served = null, DateTimeOffset? ProvedAt = null, string? Reason = null, DateTimeOffset? By = null);

/// <summary>How the certificate that a console serves stands to the one on disk.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CertificateCondition>))]
public enum CertificateCondition
{
    /// <summary>A handshake was shown the certificate on disk.</summary>
    [JsonStringEnumMemberName("fresh")] Fresh,

    /// <summary>It still serves an older one, and will be reloaded when that is safe.</summary>
    [JsonStringEnumMemberName("pending")] Pending,

    /// <summary>It goes on serving an older one until the guest is restarted or migrated.</summary>
    [JsonStringEnumMemberName("needs-restart")] NeedsRestart,

    /// <summary>What it serves has expired.</summary>
    [JsonStringEnumMemberName("expired")] Expired,

    /// <summary>No handshake was made, or none came to an end.</summary>
    [JsonStringEnumMemberName("unproved")] Unproved,

    /// <summary>It offers no TLS though qemu.conf asks for it, because the guest was started before.</summary>
    [JsonStringEnumMemberName("plain")] Plain,
}
