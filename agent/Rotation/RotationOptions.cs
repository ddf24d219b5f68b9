using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>How the certificates of this node's guests are kept fresh.</summary>
internal sealed class RotationOptions
{
    /// <summary>A person looks after the files: the agent watches, proves and reports, and reloads what was replaced.</summary>
    public bool ByHand { get; set; }

    /// <summary>Files that a person put into a directory of qemu.conf are replaced by ordered ones, not only watched.</summary>
    public bool Adopt { get; set; }

    /// <summary>A serial console in TLS is given its new certificate though somebody is connected, whose connection that ends.</summary>
    public bool CutSerial { get; set; }

    /// <summary>Versions of QEMU older than 10.2, as their package names itself, that are known to survive a reload during a handshake.</summary>
    public IReadOnlyList<string> FixedQemu { get; set; } = [];

    /// <summary>How often it is looked whether an order is due.</summary>
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often what running guests serve is proved anew. Those that still serve an older certificate are looked at four times as often.</summary>
    public TimeSpan VerifyEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How soon after a rotation every guest that can be reloaded must serve the new certificate; else the one before is put back.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ProofWithin { get; set; } = TimeSpan.FromSeconds(60);
}

[OptionsValidator]
internal sealed partial class RotationOptionsValidator : IValidateOptions<RotationOptions>;
