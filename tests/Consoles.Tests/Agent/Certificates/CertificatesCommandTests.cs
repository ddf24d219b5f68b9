using Consoles.Agent;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>consoles-agent certificates, for a PKI made by hand.</summary>
public sealed class CertificatesCommandTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_set_made_by_hand_is_installed_and_shown()
    {
        var papers = _fixture.MakeByHand(_fixture["new"]);

        var installed = await RunAsync("install", "--from", _fixture["new"], "--into", _fixture.Directory);

        installed.Should().Match<(int Code, string Output, string Error)>(run => run.Code == 0 && run.Error.Length == 0);
        installed.Output.Should().Contain("version 1").And.Contain(CertificateFixture.Node).And.NotContain("PRIVATE");
        await _fixture.ServesAsync(papers);

        var shown = await RunAsync("show", _fixture.Directory, _fixture["new"], _fixture["none"]);
        shown.Output.Should().Contain("version 1, serial").And.Contain("plain files, serial").And.Contain("no certificates");
    }

    [Fact]
    public async Task A_set_for_another_node_is_refused_and_the_reason_said()
    {
        var old = _fixture.Papers();
        await _fixture.InstallAsync(old);
        _fixture.MakeByHand(_fixture["new"]);

        var (code, output, error) = await RunAsync("install", "--from", _fixture["new"], "--into", _fixture.Directory, "--name", "node2.example");

        (code, output).Should().Be((1, ""));
        error.Should().Contain("node1.example, and not for node2.example").And.NotContain("   at ");
        await _fixture.ServesAsync(old);
    }

    [Fact]
    public async Task What_is_missing_or_damaged_is_said()
    {
        (await RunAsync("install", "--from", _fixture["none"], "--into", _fixture.Directory)).Error.Should().Contain("server-cert.pem cannot be read");

        _fixture.MakeByHand();
        File.WriteAllText(Path.Combine(_fixture.Directory, "server-cert.pem"), "It works!");
        var (code, _, error) = await RunAsync("show", _fixture.Directory);
        code.Should().Be(1);
        error.Should().Contain("cannot be used");
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await AgentCommandLine.RunAsync(["certificates", .. arguments], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
