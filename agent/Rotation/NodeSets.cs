using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Rotation;

/// <summary>One use's set as it is on disk.</summary>
/// <param name="Enabled">qemu.conf switches TLS on for it.</param>
/// <param name="Fault">Why it cannot be used, or null.</param>
internal sealed record SetOnDisk(CertificateUse Use, string Directory, bool Enabled, bool ByHand, ServedCertificate? Certificate, string? Plan, string? Fault);

/// <summary>What qemu.conf names, and what is there, at one moment.</summary>
/// <param name="All">One for each use that has consoles.</param>
internal sealed record NodeSets(QemuSettings Settings, IReadOnlyList<SetOnDisk> All)
{
    /// <summary>Those of the uses that qemu.conf switches on, and those of this agent's.</summary>
    public IEnumerable<SetOnDisk> Kept => All.Where(set => set.Enabled || set is { ByHand: false, Certificate: not null });

    public string DirectoryOf(ConsoleEndpoint console) => Settings.Directories[UseOf(console)];

    public bool Enables(ConsoleEndpoint console) => Settings.Enables(UseOf(console));

    /// <summary>The certificate that the console should serve, or null where there is none.</summary>
    public ServedCertificate? WantedBy(ConsoleEndpoint console) => All.FirstOrDefault(set => set.Use == UseOf(console))?.Certificate;

    private static CertificateUse UseOf(ConsoleEndpoint console) => console.Kind switch
    {
        ConsoleKind.Vnc => CertificateUse.Vnc,
        ConsoleKind.Spice => CertificateUse.Spice,
        _ => CertificateUse.Chardev,
    };
}
