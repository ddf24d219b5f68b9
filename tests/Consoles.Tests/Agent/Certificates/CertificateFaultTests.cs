using Consoles.Agent.Certificates;
using Consoles.Tests.EndToEnd;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>Disks that are full or broken, and permissions that are wrong: the old set stays, and the reason is said.</summary>
public sealed class CertificateFaultTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("fsync:error=EIO:when=1+")]
    [InlineData("fsync:error=EIO:when=3")]
    [InlineData("fsync:error=EIO:when=8")]
    [InlineData("rename:error=EIO")]
    [InlineData("fchown:error=EPERM:when=2")]
    public async Task A_disk_that_fails_leaves_the_old_set(string injection)
    {
        var old = _fixture.Papers();
        await _fixture.InstallAsync(old);
        var names = _fixture.Names();
        CertificateFixture.Write(_fixture.Papers(), _fixture["new"]);

        var result = await TracedInstall.InjectAsync(_fixture["new"], _fixture.Directory, injection);

        result.ExitCode.Should().Be(1);
        result.Errors.Should().Contain("were not changed");
        await _fixture.ServesAsync(old);
        _fixture.Files.Repair(_fixture.Directory);
        _fixture.Names().Should().Equal(names, because: "nothing is left of the attempt");
    }

    [Fact]
    public async Task A_full_disk_leaves_the_old_set_and_the_next_attempt_has_room_again()
    {
        Directory.CreateDirectory(_fixture.Directory);
        await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=755", "none", _fixture.Directory]);

        try
        {
            var old = _fixture.Papers();
            await _fixture.InstallAsync(old);
            var names = _fixture.Names();

            // No page, and then one more each time: it fails at another file.
            for (var pages = 0; pages < 4; pages++)
            {
                Fill(leave: pages);
                var installing = () => _fixture.InstallAsync();

                (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("space");
                File.Delete(Ballast);
                await _fixture.ServesAsync(old);
                _fixture.Names().Should().Equal(names);
            }

            var fresh = _fixture.Papers();
            await _fixture.InstallAsync(fresh);
            await _fixture.ServesAsync(fresh);
        }
        finally
        {
            await Command.RunAsync("umount", ["-l", _fixture.Directory]);
        }
    }

    [Theory]
    [InlineData("u=rwx,g=,o=", "Permission denied")]
    [InlineData("u=rwx,go=rwx", "can be written by others")]
    [InlineData("u=rwx,g=rwx,o=", "can be written by others")]
    public async Task A_directory_with_wrong_permissions_is_refused_in_words(string mode, string reason)
    {
        var old = _fixture.Papers();
        await _fixture.InstallAsync(old);
        await Command.RunAsync("chmod", [mode, _fixture.Directory]);

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain(reason);
        await Command.RunAsync("chmod", ["0755", _fixture.Directory]);
        await _fixture.ServesAsync(old);
    }

    [Fact]
    public async Task A_directory_of_another_user_is_refused_in_words()
    {
        Directory.CreateDirectory(_fixture.Directory);
        await Command.RunAsync("chown", ["nobody", _fixture.Directory]);

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("could plant files").And.Contain("chown root");
        _fixture.Names().Should().BeEmpty();
    }

    private string Ballast => Path.Combine(_fixture.Directory, "ballast");

    private void Fill(int leave)
    {
        var page = new byte[4096];
        var free = (int)new DriveInfo(_fixture.Directory).AvailableFreeSpace / page.Length;
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);

        for (var written = leave; written < free; written++)
        {
            ballast.Write(page);
        }
    }
}
