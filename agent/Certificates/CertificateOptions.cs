using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Certificates;

/// <summary>How sets of certificate files are tried and installed.</summary>
internal sealed class CertificateOptions
{
    /// <summary>The QEMU that tries a set before it is installed; null for the one of this machine's architecture.</summary>
    public string? Qemu { get; set; }

    /// <summary>How long QEMU may take over a trial.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan TrialLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an installation waits for another one in the same directory.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan LockLimit { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class CertificateOptionsValidator : IValidateOptions<CertificateOptions>;
