using Consoles.Common.Inventory;

namespace Consoles.Agent.QemuConf;

/// <summary>What qemu.conf calls the settings that are looked at.</summary>
internal static class QemuConfNames
{
    public const string DefaultDirectory = "default_tls_x509_cert_dir";
    public const string DefaultVerify = "default_tls_x509_verify";
    public const string VncListen = "vnc_listen";
    public const string SpiceListen = "spice_listen";
    public const string VncAutoUnixSocket = "vnc_auto_unix_socket";
    public const string SpiceAutoUnixSocket = "spice_auto_unix_socket";

    /// <summary>The switch of TLS for VNC, SPICE or serial lines.</summary>
    public static string Tls(CertificateUse use) => $"{Prefix(use)}_tls";

    /// <summary>Whether clients must show a certificate. SPICE knows no such thing.</summary>
    public static string Verify(CertificateUse use) => $"{Prefix(use)}_tls_x509_verify";

    public static string Directory(CertificateUse use) => $"{Prefix(use)}_tls_x509_cert_dir";

    private static string Prefix(CertificateUse use) => use switch
    {
        CertificateUse.Vnc => "vnc",
        CertificateUse.Spice => "spice",
        CertificateUse.Chardev => "chardev",
        _ => "default",
    };
}
