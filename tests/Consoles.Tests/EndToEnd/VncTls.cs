using System.Net;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>VNC inside TLS alone, by QEMUs that want to see the broker's certificate.</summary>
internal static class VncTls
{
    /// <summary>For qemu.conf. The folder must be there when libvirtd starts, what is in it when a guest does.</summary>
    public static string[] Settings(string folder) => ["vnc_tls = 1", "vnc_tls_x509_verify = 1", $"vnc_tls_x509_cert_dir = \"{folder}\""];

    /// <summary>Certificates of the broker's own authority, for QEMU on that node.</summary>
    public static async Task WriteAsync(TestBroker broker, string node, string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await broker.Get<HostCertificates>().OrderAsync(node, [IPAddress.Loopback], IPAddress.Loopback, TestAgent.Request(key), CancellationToken.None);

        // QEMU checks its own certificate against the same file as its clients'.
        await File.WriteAllTextAsync(Path.Combine(folder, "ca-cert.pem"), answer.Authorities);
        await File.WriteAllTextAsync(Path.Combine(folder, "server-cert.pem"), answer.Certificate);
        await File.WriteAllTextAsync(Path.Combine(folder, "server-key.pem"), key.ExportPkcs8PrivateKeyPem());

        // QEMU's user reads them; they are worth nothing after the test.
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }
}
