using Consoles.Agent.Certificates;
using Consoles.Agent.Identity;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>Sets of files, installed for a real QEMU.</summary>
public sealed class CertificateFilesTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task The_first_set_makes_the_directory()
    {
        _fixture.Files.Read(_fixture.Directory).Should().BeNull();
        var papers = _fixture.Papers();

        var installed = await _fixture.InstallAsync(papers, plan: "plan-1");

        (installed.Version, installed.Plan, installed.ByHand).Should().Be((1, "plan-1", false));
        await _fixture.ServesAsync(papers);
        _fixture.Names().Should().Equal(
            "ca-cert.pem", "current", "dh-params.pem", "server-cert.pem", "server-key.pem",
            "v", "v/1", "v/1/ca-cert.pem", "v/1/dh-params.pem", "v/1/plan", "v/1/server-cert.pem", "v/1/server-key.pem");
        new FileInfo(Path.Combine(_fixture.Directory, "current")).LinkTarget.Should().Be("v/1");
    }

    [Theory]
    [InlineData("", FileKind.Directory, "rwxr-x---")]
    [InlineData("v", FileKind.Directory, "rwxr-x---")]
    [InlineData("v/1", FileKind.Directory, "rwxr-x---")]
    [InlineData("v/1/server-key.pem", FileKind.Regular, "rw-r-----")]
    [InlineData("v/1/server-cert.pem", FileKind.Regular, "rw-r--r--")]
    [InlineData("v/1/ca-cert.pem", FileKind.Regular, "rw-r--r--")]
    public async Task Root_owns_a_set_and_the_group_of_QEMU_may_read_it(string name, object kind, string mode)
    {
        await _fixture.InstallAsync();

        var status = DurableFiles.Status(Path.Combine(_fixture.Directory, name).TrimEnd('/'))!;

        status.Kind.Should().Be((FileKind)kind);
        (status.Owner, status.Group).Should().Be((DurableFiles.EffectiveUser, CertificateFixture.User.Group));
        Words(status.Mode).Should().Be(mode);
    }

    [Fact]
    public async Task Two_versions_are_kept_and_no_more()
    {
        for (var set = 0; set < 4; set++)
        {
            await _fixture.InstallAsync();
        }

        _fixture.Files.Read(_fixture.Directory)!.Version.Should().Be(4);
        Versions().Should().Equal("3", "4");
    }

    [Fact]
    public async Task A_set_is_rolled_back_to_the_one_before_it()
    {
        var (first, second, third) = (_fixture.Papers(), _fixture.Papers(), _fixture.Papers());
        await _fixture.InstallAsync(first, "plan-1");
        (await _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None)).Should().BeNull(because: "there is none before it");
        await _fixture.InstallAsync(second, "plan-2");

        var back = await _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None);

        (back!.Version, back.Plan).Should().Be((1, "plan-1"));
        await _fixture.ServesAsync(first);
        (await _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None)).Should().BeNull();

        await _fixture.InstallAsync(third);
        await _fixture.ServesAsync(third);
        Versions().Should().HaveCount(2).And.Contain("1");
    }

    [Fact]
    public async Task What_QEMU_would_not_load_is_not_rolled_back_to()
    {
        await _fixture.InstallAsync();
        var second = _fixture.Papers();
        await _fixture.InstallAsync(second);
        File.WriteAllText(Path.Combine(_fixture.Directory, "v/1/server-key.pem"), _fixture.Papers().Key);

        var rolling = () => _fixture.Files.RollBackAsync(_fixture.Directory, CancellationToken.None);

        (await rolling.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("stays at version 2").And.Contain("QEMU");
        await _fixture.ServesAsync(second);
    }

    [Fact]
    public async Task Installations_at_once_are_made_one_after_the_other()
    {
        var papers = Enumerable.Range(0, 6).Select(_ => _fixture.Papers()).ToList();

        var installed = await Task.WhenAll(papers.Select(one => Task.Run(() => _fixture.InstallAsync(one))));

        installed.Select(set => set.Version).Should().BeEquivalentTo([1, 2, 3, 4, 5, 6]);
        var last = papers[Array.FindIndex(installed, set => set.Version == 6)];
        await _fixture.ServesAsync(last);
        Versions().Should().Equal("5", "6");
    }

    [Fact]
    public async Task Who_waits_too_long_for_another_installation_is_told_so()
    {
        await _fixture.InstallAsync();
        using var held = CertificateLock.TryTake(new CertificateDirectory(_fixture.Directory));
        var hurried = _fixture.FilesBy(_fixture.DryLoad, new CertificateOptions { LockLimit = TimeSpan.FromMilliseconds(200) });

        var installing = () => hurried.InstallAsync(_fixture.Directory, _fixture.Papers(), null, CertificateFixture.Node, CancellationToken.None);

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("Another installation");
    }

    [Fact]
    public async Task The_shipped_parameters_are_a_group_that_QEMU_takes_at_once()
    {
        var text = System.Text.Encoding.ASCII.GetString(CertificateVersion.Parameters);

        text.Should().StartWith("-----BEGIN DH PARAMETERS-----", because: "QEMU reads PKCS#3 and no other form");
        await _fixture.InstallAsync();
        (await _fixture.DryLoad.FaultAsync(_fixture.Directory, CancellationToken.None)).Should().BeNull();

        File.WriteAllText(Path.Combine(_fixture.Directory, "v/1/dh-params.pem"), text.Replace("MII", "MIJ", StringComparison.Ordinal));
        (await _fixture.DryLoad.FaultAsync(_fixture.Directory, CancellationToken.None)).Should().Contain("dh-params.pem", because: "so it does read the file");
    }

    [Fact]
    public async Task A_list_of_revoked_certificates_counts_for_each_version()
    {
        await _fixture.InstallAsync();
        File.WriteAllText(Path.Combine(_fixture.Directory, "ca-crl.pem"), "not a list");

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("ca-crl.pem", because: "no guest would start with it");
        Versions().Should().Equal("1");
    }

    private IEnumerable<string?> Versions() => Directory.GetFileSystemEntries(Path.Combine(_fixture.Directory, "v")).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private static string Words(UnixFileMode mode) => string.Concat("rwxrwxrwx".Select((letter, place) => ((int)mode & (1 << (8 - place))) != 0 ? letter : '-'));
}
