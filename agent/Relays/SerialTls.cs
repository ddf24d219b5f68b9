using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Identity;
using Consoles.Agent.Inventory;
using Consoles.Agent.QemuConf;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Consoles.Common.Tls;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Relays;

/// <summary>Secures the connection to a serial console that wants TLS: QEMU must show a certificate for this node, and sees ours where there is one.</summary>
internal sealed class SerialTls(IOptions<SerialOptions> options, QemuConfFile conf, CurrentIdentity identity, TimeProvider clock)
{
    private static readonly string[] Roles = ["client", "server"];

    private readonly ConcurrentDictionary<(DomainId Domain, string Console), (Incarnation Run, ServedCertificate Certificate, DateTimeOffset At)> _served = new();

    /// <exception cref="SerialException">The papers are missing or broken, or QEMU's certificate is not acceptable.</exception>
    public async Task<Stream> SecureAsync(Stream plain, Incarnation run, ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        try
        {
            var directory = options.Value.TlsDirectory ?? conf.Settings().Directories[CertificateUse.Chardev];
            var trust = PeerTrust.FromAnchorsPem(await File.ReadAllTextAsync(Path.Join(directory, "ca-cert.pem"), cancellationToken), clock);
            using var own = await ReadOwnAsync(directory, cancellationToken);

            string[] names = [identity.Get().Identity.Node, "localhost", .. console.Host is { } host ? [host] : Array.Empty<string>()];
            var secured = await PeerTls.ConnectAsync(plain, trust, names, own, cancellationToken);
            Keep(run, console, secured);
            return new BytewiseStream(secured);
        }
        catch (TlsPeerException refused)
        {
            throw new SerialException($"The console's TLS was refused: {refused.Message}", inner: refused);
        }
        catch (Exception missing) when (missing is CryptographicException or IOException or UnauthorizedAccessException or QemuConfException)
        {
            throw new SerialException("The node's certificates for consoles in TLS could not be read.", inner: missing);
        }
    }

    /// <summary>What a console showed when it was secured last, in that run.</summary>
    public (ServedCertificate Certificate, DateTimeOffset At)? ServedBy(Incarnation run, string console) =>
        _served.TryGetValue((run.Domain, console), out var served) && served.Run == run ? (served.Certificate, served.At) : null;

    private void Keep(Incarnation run, ConsoleEndpoint console, SslStream secured)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(secured.RemoteCertificate!.GetRawCertData());
        _served[(run.Domain, console.Name)] = (run, CertificateText.Describe(certificate), clock.GetUtcNow());
    }

    // The node's own server certificate is one that its QEMUs know the authority of, and they do not ask what it is for.
    private static async Task<TlsIdentity?> ReadOwnAsync(string directory, CancellationToken cancellationToken)
    {
        var role = Array.Find(Roles, role => File.Exists(Path.Join(directory, $"{role}-cert.pem")));

        return role is null
            ? null
            : TlsIdentity.FromPem(
                await File.ReadAllTextAsync(Path.Join(directory, $"{role}-cert.pem"), cancellationToken),
                await File.ReadAllTextAsync(Path.Join(directory, $"{role}-key.pem"), cancellationToken));
    }
}
