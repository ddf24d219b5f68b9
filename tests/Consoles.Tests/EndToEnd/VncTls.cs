using System.Net;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;

namespace Consoles.Tests.EndToEnd;

/// <summary>VNC inside TLS alone, by QEMUs that want to see the broker's certificate.</summary>
internal static class VncTls
{
    /// <summary>For qemu.conf. The folder must be there when libvirtd starts, what is in it when a guest does.</summary>
    public static string[] Settings(string folder) => ["vnc_tls = 1", "vnc_tls_x509_verify = 1", $"vnc_tls_x509_cert_dir = \"{folder}\""];

    /// <summary>Certificates of the broker's own authority, for QEMU on that node.</summary>
    public static void Write(AuthorityRoots roots, string node, string folder)
    {
        using var server = Issuing.MakeServer(roots.Hosts, [node], [IPAddress.Loopback], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        using var key = server.GetECDsaPrivateKey()!;

        // QEMU checks its own certificate against the same file as its clients'.
        File.WriteAllText(Path.Combine(folder, "ca-cert.pem"), $"{roots.Hosts.ExportCertificatePem()}\n{roots.Clients.ExportCertificatePem()}\n");
        File.WriteAllText(Path.Combine(folder, "server-cert.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server-key.pem"), key.ExportPkcs8PrivateKeyPem());

        // QEMU's user reads them; they are worth nothing after the test.
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }
}
