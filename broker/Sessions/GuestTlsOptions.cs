using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Consoles.Broker.Sessions;

/// <summary>How the broker secures its connections to QEMU.</summary>
internal sealed class GuestTlsOptions : IValidatableObject
{
    /// <summary>Roots that vouch for the certificates QEMU serves (PEM), read anew when it changes. Unset: the broker's own authority.</summary>
    public string? CaFile { get; init; }

    /// <summary>The certificate shown to a QEMU that asks for one, and the authorities above it (PEM). Only with <see cref="CaFile"/>.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of <see cref="CertificateFile"/> (PEM).</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whether a console without TLS may be opened. Unset: only one at a loopback address, which no network sees.</summary>
    public bool? AllowPlain { get; set; }

    /// <summary>Whether a console that is dialled at this address may be used without TLS.</summary>
    public bool AllowsPlain(IPAddress address) => AllowPlain ?? IPAddress.IsLoopback(address);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CertificateFile is null != KeyFile is null)
        {
            yield return new ValidationResult("A certificate and its key are given together, or neither is.", [nameof(CertificateFile), nameof(KeyFile)]);
        }

        if (CertificateFile is not null && CaFile is null)
        {
            yield return new ValidationResult("A certificate is given only together with the roots to trust.", [nameof(CaFile)]);
        }

        foreach (var (name, path) in new[] { (nameof(CaFile), CaFile), (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile) })
        {
            if (path is not null && !File.Exists(path))
            {
                yield return new ValidationResult($"There is no such file. Found: {path}.", [name]);
            }
        }
    }
}
