namespace Consoles.Tests.EndToEnd;

/// <summary>SPICE with a TLS port beside the plain one, or alone. QEMU never asks a SPICE client for a certificate.</summary>
internal static class SpiceTls
{
    /// <summary>For qemu.conf. The folder must be there when libvirtd starts, what is in it (<see cref="VncTls.WriteAsync"/>) when a guest does.</summary>
    public static string[] Settings(string folder) => ["spice_tls = 1", $"spice_tls_x509_cert_dir = \"{folder}\""];
}
