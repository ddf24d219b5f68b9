using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Certificates;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>A directory that QEMU's own user may come into, an authority, and the files of the agent under test.</summary>
internal sealed class CertificateFixture : IDisposable
{
    public const string Node = "node1.example";

    private readonly TempDirectory _temp = new();

    public CertificateFixture()
    {
        const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

        File.SetUnixFileMode(_temp.Path, Open);
        Issuer = Pki.Issuer();
        // Longer than an agent waits: it is a machine with many QEMUs at a time.
        DryLoad = new QemuDryLoad(() => User, Options.Create(new CertificateOptions { TrialLimit = TimeSpan.FromMinutes(1) }));
        Files = FilesBy(DryLoad);
    }

    public TestPki Pki { get; } = new();

    public TestIssuer Issuer { get; }

    public QemuDryLoad DryLoad { get; }

    public CertificateFiles Files { get; }

    public string Directory => _temp["libvirt-vnc"];

    public static QemuUser User { get; } = QemuUser.Of(user: null, group: null);

    public string this[string name] => _temp[name];

    public CertificateFiles FilesBy(QemuDryLoad dryLoad, CertificateOptions? options = null) =>
        new(dryLoad, () => User, Options.Create(options ?? new CertificateOptions()), TimeProvider.System, NullLogger<CertificateFiles>.Instance);

    /// <summary>What a broker answers: the leaf and its issuing authority; that authority, and one for brokers.</summary>
    public CertificatePapers Papers(TestRequest? wanted = null)
    {
        var issued = Issuer.Issue(wanted ?? new TestRequest { Names = [Node] });
        return new CertificatePapers(issued.ChainPem, issued.KeyPem, $"{Issuer.Certificate.ExportCertificatePem()}\n{Pki.RootPem}\n");
    }

    public Task<InstalledSet> InstallAsync(CertificatePapers? papers = null, string? plan = null) =>
        Files.InstallAsync(Directory, papers ?? Papers(), plan, Node, CancellationToken.None);

    /// <summary>A directory as a person makes it, with plain files.</summary>
    public CertificatePapers MakeByHand(string? directory = null)
    {
        var papers = Papers();
        Write(papers, directory ?? Directory);
        return papers;
    }

    public static void Write(CertificatePapers papers, string directory)
    {
        System.IO.Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "server-cert.pem"), papers.Certificate);
        File.WriteAllText(Path.Combine(directory, "server-key.pem"), papers.Key);
        File.WriteAllText(Path.Combine(directory, "ca-cert.pem"), papers.Authorities);
    }

    /// <summary>QEMU takes what is there, and it is that leaf.</summary>
    public async Task ServesAsync(CertificatePapers papers)
    {
        (await DryLoad.FaultAsync(Directory, CancellationToken.None)).Should().BeNull();
        Files.Read(Directory)!.Certificate.Thumbprint.Should().Be(Thumbprint(papers));
    }

    public static string Thumbprint(CertificatePapers papers)
    {
        using var leaf = X509Certificate2.CreateFromPem(papers.Certificate);
        return leaf.Thumbprint;
    }

    /// <summary>Every name below the directory, without the lock's.</summary>
    public IReadOnlyList<string> Names() =>
        [.. System.IO.Directory.EnumerateFileSystemEntries(Directory, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Directory, path)).Where(name => name != ".lock" && !name.StartsWith("current/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        Pki.Dispose();
        _temp.Dispose();
    }
}
