using System.Net;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Proxies;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>The pages that the proxies serve, and what they do not.</summary>
public sealed class ProxyPagesTests : IAsyncLifetime
{
    private readonly TempDirectory _web = new();
    private readonly TempDirectory _elsewhere = new();
    private NovaBroker _nova = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_web["app"]);
        await File.WriteAllTextAsync(_web["vnc.html"], "<p>vnc</p>");
        await File.WriteAllTextAsync(_web["app/ui.js"], "1");
        await File.WriteAllTextAsync(_web[".hidden"], "secret");
        await File.WriteAllTextAsync(_elsewhere["secret.html"], "secret");
        File.CreateSymbolicLink(_web["vnc_auto.html"], "vnc.html");
        File.CreateSymbolicLink(_web["out.html"], _elsewhere["secret.html"]);
        Directory.CreateSymbolicLink(_web["outside"], _elsewhere.Path);
        _nova = await NovaBroker.StartAsync($"--Nova:NoVnc:Web={_web.Path}");
    }

    public async Task DisposeAsync()
    {
        await _nova.DisposeAsync();
        _web.Dispose();
        _elsewhere.Dispose();
    }

    [Theory]
    [InlineData("/vnc.html", 200)]
    [InlineData("/vnc.html?path=%3Ftoken%3Dabc", 200)]
    [InlineData("/vnc_auto.html", 200)]
    [InlineData("/app/ui.js", 200)]
    [InlineData("/", 404)]
    [InlineData("/app", 404)]
    [InlineData("/app/", 404)]
    [InlineData("/missing.html", 404)]
    [InlineData("/.hidden", 404)]
    [InlineData("/out.html", 404)]
    [InlineData("/outside/secret.html", 404)]
    [InlineData("/app/../../secret.html", 404)]
    public async Task NV_02_files_are_served_and_directories_are_not_listed(string target, int status)
    {
        var answer = await NovaBroker.GetAsync(_nova.NoVnc, target);
        answer.Should().StartWith($"HTTP/1.1 {status}").And.NotContain("secret");
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task NV_02_other_methods_are_405(string method)
    {
        var answer = await NovaBroker.AskAsync(_nova.NoVnc, $"{method} /vnc.html HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        answer.Should().StartWith("HTTP/1.1 405");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/anything.html")]
    public async Task SE_01_the_serial_proxy_has_no_pages(string target) =>
        (await NovaBroker.GetAsync(_nova.Serial, target)).Should().StartWith("HTTP/1.1 405");

    [Theory]
    [InlineData("//evil.example/%2f..")]
    [InlineData("///evil.example")]
    [InlineData("//")]
    public async Task NV_15_a_path_that_begins_with_two_slashes_is_400(string target)
    {
        var answer = await NovaBroker.GetAsync(_nova.NoVnc, target);
        answer.Should().StartWith("HTTP/1.1 400").And.NotContainEquivalentOf("location:");
    }

    [Fact]
    public async Task NV_15_no_path_redirects_or_leaves_the_root()
    {
        HostileRequests.Paths.Should().HaveCountGreaterThanOrEqualTo(2000);

        await Parallel.ForEachAsync(HostileRequests.Paths, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (target, _) =>
        {
            var answer = await NovaBroker.GetAsync(_nova.NoVnc, target);
            var status = answer[9..12];
            status.Should().BeOneOf(["400", "404"], because: target);
            answer.Should().NotContainEquivalentOf("\r\nlocation:", because: target).And.NotContain("secret").And.NotContain("root:");
        });
    }

    [Fact]
    public async Task FQ_04_pages_may_be_framed_by_a_dashboard()
    {
        var answer = await NovaBroker.GetAsync(_nova.NoVnc, "/vnc.html");
        answer.Should().StartWith("HTTP/1.1 200").And.NotContainEquivalentOf("X-Frame-Options").And.NotContainEquivalentOf("frame-ancestors");
    }

    [Fact]
    public void A_web_root_that_is_not_there_is_said_when_the_broker_starts() =>
        FluentActions.Invoking(() => WebRoot.OfDirectory("/no/such/root", "Nova:NoVnc:Web")).Should().Throw<StartException>().WithMessage("Nova:NoVnc:Web*/no/such/root*");

    [Fact]
    public void NV_02_without_a_web_root_the_programs_own_pages_are_there()
    {
        var noVnc = WebRoot.OfProgram(("nova/novnc/", "/"), ("browser/novnc/", "/"));
        noVnc.Find("/vnc_auto.html").Should().NotBeNull();
        noVnc.Find("/core/rfb.js").Should().NotBeNull();

        var spice = WebRoot.OfProgram(("nova/spice-html5/", "/"), ("browser/spice-html5/", "/"));
        spice.Find("/spice_auto.html").Should().NotBeNull();
        spice.Find("/src/main.js").Should().NotBeNull();
        spice.Paths.Should().NotContain(path => path.Contains("//", StringComparison.Ordinal));
    }
}
