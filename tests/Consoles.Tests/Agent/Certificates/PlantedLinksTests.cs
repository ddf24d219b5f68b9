using Consoles.Agent.Certificates;
using Consoles.Tests.EndToEnd;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>Links where the agent is about to write: none is followed, and nothing outside the directory changes.</summary>
public sealed class PlantedLinksTests : IDisposable
{
    private const string Precious = "precious";

    private readonly CertificateFixture _fixture = new();

    public PlantedLinksTests()
    {
        Directory.CreateDirectory(_fixture["outside"]);
        File.WriteAllText(Outside, Precious);
    }

    private string Outside => Path.Combine(_fixture["outside"], "server-key.pem");

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(".current.new")]
    [InlineData(".server-cert.pem.new")]
    [InlineData("v/2")]
    [InlineData("v/7")]
    public async Task One_in_the_place_of_a_name_of_ours_is_removed_or_passed_by(string name)
    {
        await _fixture.InstallAsync();
        File.CreateSymbolicLink(Path.Combine(_fixture.Directory, name), _fixture["outside"]);
        var papers = _fixture.Papers();

        await _fixture.InstallAsync(papers);

        await _fixture.ServesAsync(papers);
        Unharmed();
    }

    [Theory]
    [InlineData("v", "link")]
    [InlineData(".lock", "not a file")]
    [InlineData("current", "no link to a version")]
    public async Task One_that_leads_out_is_refused_in_words(string name, string reason)
    {
        Directory.CreateDirectory(_fixture.Directory);
        File.CreateSymbolicLink(Path.Combine(_fixture.Directory, name), _fixture["outside"]);

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain(reason);
        Unharmed();
    }

    [Fact]
    public async Task A_directory_that_is_itself_a_link_is_refused()
    {
        File.CreateSymbolicLink(_fixture.Directory, _fixture["outside"]);

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("link");
        Unharmed();
    }

    [Fact]
    public async Task A_dangling_one_is_not_made_a_file()
    {
        await _fixture.InstallAsync();
        File.CreateSymbolicLink(Path.Combine(_fixture.Directory, "v", "2"), _fixture["nowhere"]);

        await _fixture.InstallAsync();

        File.Exists(_fixture["nowhere"]).Should().BeFalse();
        Directory.Exists(_fixture["nowhere"]).Should().BeFalse();
    }

    [Fact]
    public async Task A_file_that_has_another_name_is_unlinked_and_not_overwritten()
    {
        await _fixture.InstallAsync();
        var key = Path.Combine(_fixture.Directory, "v/1/server-key.pem");
        File.Delete(key);
        await Command.RunAsync("ln", [Outside, key]);

        await _fixture.InstallAsync();
        await _fixture.InstallAsync();

        File.Exists(key).Should().BeFalse();
        Unharmed();
    }

    [Fact]
    public async Task A_directory_of_versions_that_others_can_write_is_refused()
    {
        await _fixture.InstallAsync();
        File.SetUnixFileMode(Path.Combine(_fixture.Directory, "v"), (UnixFileMode)0x1ff);

        var installing = () => _fixture.InstallAsync();

        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain("can be written by others");
    }

    private void Unharmed()
    {
        Directory.GetFileSystemEntries(_fixture["outside"]).Should().Equal(Outside);
        File.ReadAllText(Outside).Should().Be(Precious);
    }
}
