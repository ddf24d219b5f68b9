using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Inventory;
using Consoles.Agent.Rotation;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.EndToEnd;

/// <summary>A node whose QEMUs serve certificates that its agent orders from the broker, installs and rotates.</summary>
internal sealed class RotatingNode : IAsyncDisposable
{
    private RotatingNode(string folder, LibvirtHost host) => (Folder, Host) = (folder, host);

    /// <summary>Has the directories vnc, spice and chardev that qemu.conf names.</summary>
    public string Folder { get; }

    public LibvirtHost Host { get; }

    public Fleet Fleet { get; private set; } = null!;

    public string Vnc => Path.Combine(Folder, "vnc");

    public CertificateRotation Rotation => Fleet.Agent.Services.GetRequiredService<CertificateRotation>();

    /// <summary>What the agent says of the node's certificates.</summary>
    public NodeCertificates Certificates => Fleet.Agent.Services.GetRequiredService<NodeCertificatesReport>().Current();

    public static async Task<RotatingNode> StartAsync(string node = "node1", string[]? brokerSettings = null, string[]? agentSettings = null)
    {
        var folder = Directory.CreateTempSubdirectory("consoles-pki-").FullName;
        File.SetUnixFileMode(folder, LibvirtHostFiles.ForAll);

        foreach (var use in (string[])["vnc", "spice", "chardev"])
        {
            Directory.CreateDirectory(Path.Combine(folder, use), LibvirtHostFiles.ForAll);
            File.SetUnixFileMode(Path.Combine(folder, use), LibvirtHostFiles.ForAll);
        }

        var host = await LibvirtHost.StartNewAsync(
            [
                .. VncTls.Settings(Path.Combine(folder, "vnc")), .. SpiceTls.Settings(Path.Combine(folder, "spice")),
                "chardev_tls = 1", "chardev_tls_x509_verify = 1", $"chardev_tls_x509_cert_dir = \"{folder}/chardev\"",
            ]);

        var rotating = new RotatingNode(folder, host);
        await rotating.StartFleetAsync(node, brokerSettings ?? [], agentSettings ?? []);
        return rotating;
    }

    /// <summary>Waits until the agent has installed what it ordered at its start.</summary>
    public Task UntilInstalledAsync() => Eventually.TrueAsync(
        () => Certificates.Sets is { Count: 3 } sets && sets.All(set => set is { Certificate: not null, Fault: null }), TimeSpan.FromSeconds(120), () => $"{string.Join('\n', Certificates.Sets)}\n{Fleet.Logs.Text}");

    public ConsoleCertificate? StandingOf(string domain, string console = "vnc0") =>
        Certificates.Consoles.FirstOrDefault(one => one.Console == console && Fleet.Agent.Services.GetRequiredService<NodeInventory>().Current.Domains.GetValueOrDefault(one.Incarnation.Domain)?.Name == domain);

    /// <summary>Waits until the console stands like that.</summary>
    public Task<ConsoleCertificate> UntilAsync(string domain, CertificateCondition condition, string console = "vnc0") => Eventually.GetAsync(
        () => Task.FromResult(StandingOf(domain, console) is { } standing && standing.Condition == condition ? standing : null),
        TimeSpan.FromSeconds(120),
        () => $"{domain} {console} {condition}, not {StandingOf(domain, console)}\n{Fleet.Logs.Text}");

    public string SerialOnDisk(CertificateUse use = CertificateUse.Vnc) => Certificates.Sets.Single(set => set.Use == use).Certificate!.Serial;

    /// <summary>A stranger in the middle of the TLS handshake with the guest's VNC server: it has the server's hello, and says no more until it is told to.</summary>
    /// <remarks>It has a certificate that QEMU accepts: with one, going on after a reload ends an unpatched QEMU each time, and not only now and then.</remarks>
    public async Task<ParkedHandshake> ParkAsync(string domain) => await ParkedHandshake.StartAsync(
        await Host.VncPortAsync(domain), X509Certificate2.CreateFromPemFile(Path.Combine(Vnc, "server-cert.pem"), Path.Combine(Vnc, "server-key.pem")));

    /// <summary>The same; null when QEMU takes no more connections.</summary>
    public async Task<ParkedHandshake?> TryParkAsync(string domain)
    {
        try
        {
            return await ParkAsync(domain);
        }
        catch (Exception full) when (full is RfbException or IOException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task StartFleetAsync(string node, string[] brokerSettings, string[] agentSettings) => Fleet = await Fleet.StartAsync(
        Host, node, brokerSettings, [$"--QemuConf:Path={Host.QemuConf}", "--Rotation:LookEvery=00:00:01", "--Rotation:VerifyEvery=00:00:08", .. agentSettings]);

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
