using Consoles.Common.Inventory;

namespace Consoles.Agent.QemuConf;

/// <summary>What libvirt's QEMU driver is told about TLS, with its defaults where qemu.conf says nothing.</summary>
/// <remarks>
/// This is what guests will be started with after libvirt's next start; what a running guest was started with, only that guest shows.
/// The defaults are those of virQEMUDriverConfigSetDefaults (src/qemu/qemu_conf.c of libvirt 9.0).
/// </remarks>
internal sealed record QemuSettings
{
    /// <summary>Whom QEMU runs as, and must let read the files.</summary>
    public required string User { get; init; }

    public required string Group { get; init; }

    /// <summary>vnc_tls.</summary>
    public required bool VncTls { get; init; }

    /// <summary>vnc_tls_x509_verify, or default_tls_x509_verify.</summary>
    public required bool VncVerify { get; init; }

    /// <summary>spice_tls.</summary>
    public required bool SpiceTls { get; init; }

    /// <summary>chardev_tls.</summary>
    public required bool ChardevTls { get; init; }

    /// <summary>chardev_tls_x509_verify, or default_tls_x509_verify.</summary>
    public required bool ChardevVerify { get; init; }

    /// <summary>The directory of each use's files.</summary>
    public required IReadOnlyDictionary<CertificateUse, string> Directories { get; init; }

    /// <exception cref="QemuConfException">A setting has a value with which libvirt does not start.</exception>
    public static QemuSettings Read(QemuConfText text) => Read(text, QemuDefaults.OfThisNode);

    /// <inheritdoc cref="Read(QemuConfText)"/>
    internal static QemuSettings Read(QemuConfText text, QemuDefaults defaults)
    {
        var common = text.String(QemuConfNames.DefaultDirectory) ?? QemuDefaults.CommonDirectory;
        var verify = text.Bool(QemuConfNames.DefaultVerify);

        return new QemuSettings
        {
            User = text.String("user") ?? defaults.User(),
            Group = text.String("group") ?? defaults.Group(),
            VncTls = text.Bool(QemuConfNames.Tls(CertificateUse.Vnc)) ?? false,
            VncVerify = text.Bool(QemuConfNames.Verify(CertificateUse.Vnc)) ?? verify ?? false,
            SpiceTls = text.Bool(QemuConfNames.Tls(CertificateUse.Spice)) ?? false,
            ChardevTls = text.Bool(QemuConfNames.Tls(CertificateUse.Chardev)) ?? false,
            ChardevVerify = text.Bool(QemuConfNames.Verify(CertificateUse.Chardev)) ?? verify ?? true,
            Directories = Enum.GetValues<CertificateUse>().ToDictionary(use => use, use => use == CertificateUse.Default ? common : Directory(use)),
        };

        string Directory(CertificateUse use) =>
            text.String(QemuConfNames.Directory(use)) ?? (defaults.DirectoryExists(QemuDefaults.OwnDirectory(use)) ? QemuDefaults.OwnDirectory(use) : common);
    }

    public bool Enables(CertificateUse use) => use switch
    {
        CertificateUse.Vnc => VncTls,
        CertificateUse.Spice => SpiceTls,
        CertificateUse.Chardev => ChardevTls,
        _ => false,
    };
}
