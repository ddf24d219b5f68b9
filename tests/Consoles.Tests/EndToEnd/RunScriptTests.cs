using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>./run from nothing to a console in a browser.</summary>
public sealed class RunScriptTests(Chromium chromium, LibvirtHost host) : IClassFixture<Chromium>, IClassFixture<LibvirtHost>, IAsyncLifetime
{
    private readonly TempDirectory _folder = new();

    private string Tree => Path.Combine(_folder.Path, "tree");

    private string State => Path.Combine(_folder.Path, "state");

    public async Task InitializeAsync()
    {
        // As a clone would have it: what is committed or about to be, and nothing that was built.
        Directory.CreateDirectory(Tree);
        await Command.RunAsync("bash", ["-c", "cd \"$1\" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t \"$2\"", "copy", Repository.Root, Tree]);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_fresh_clone_leads_to_a_console_in_a_browser_and_leaves_nothing_behind()
    {
        using var ports = PortRange.Claim();
        var port = ports.Next();
        IReadOnlyList<int> started;
        TimeSpan first;
        string consoleOfFirst;

        await using (var run = await RunScript.StartAsync(Tree, State, host.Uri, port))
        {
            run.Output.Should().HaveCountLessThan(20);
            run.Printed("Dashboard: ").Should().Be($"http://127.0.0.1:{port}/");
            run.Printed("Admin key: ").Should().NotBeNullOrEmpty();
            consoleOfFirst = run.Printed("Console: ")!;
            first = run.StartedIn;
            started = run.Children();
            started.Should().NotBeEmpty();

            await using var watched = await chromium.OpenAsync();
            await watched.Page.GotoAsync(consoleOfFirst);
            await Expect(watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
            await Eventually.TrueAsync(async () => await ConsolePage.ColoursAsync(watched) > 1, TimeSpan.FromSeconds(30));
            await watched.ShotAsync("run");
            watched.Complaints.Should().BeEmpty();

            await run.EndAsync();
            run.ExitCode.Should().Be(0);
        }

        started.Should().OnlyContain(process => !Directory.Exists($"/proc/{process}"));
        (await host.VirshAsync("list", "--name")).Trim().Should().BeEmpty();

        await using var second = await RunScript.StartAsync(Tree, State, host.Uri, port);
        second.Said.Should().NotContain("Building");
        second.StartedIn.Should().BeLessThan(first / 2, because: "what was built is not built again");
        second.Printed("Admin key: ").Should().BeNull();
        second.Printed("Console: ").Should().NotBe(consoleOfFirst);
        await second.EndAsync("INT");
    }

    [Fact]
    public async Task Who_ends_it_while_it_builds_does_not_wait_for_the_build()
    {
        using var ports = PortRange.Claim();
        await using var run = RunScript.Launch(Tree, ["--state", State, "--connect", host.Uri, "--port", $"{ports.Next()}"]);
        await Eventually.TrueAsync(() => run.Children().Count > 0 && run.Said.Contains("Building", StringComparison.Ordinal), because: () => run.Said);
        var building = run.Children();

        await run.EndAsync();

        run.ExitCode.Should().Be(0, because: run.Said);
        File.Exists(Path.Combine(Tree, "artifacts", "run-built")).Should().BeFalse();
        building.Should().OnlyContain(process => !Directory.Exists($"/proc/{process}"));
    }

    [Fact]
    public async Task Help_says_what_can_be_asked_for()
    {
        var help = await Command.RunAsync(Path.Combine(Repository.Root, "run"), ["--help"]);

        help.Should().ContainAll("--port", "--state", "--connect", "--no-demo", "6080");
    }

    [Fact]
    public async Task Without_the_sdk_it_says_what_to_install()
    {
        // The SDK is hidden from this one process: a program that fails lies over it.
        var result = await Command.TryRunAsync(
            "unshare",
            ["--mount", "bash", "-c", "mount --bind /bin/false \"$(readlink -f \"$(command -v dotnet)\")\" && exec \"$1\"", "run", Path.Combine(Repository.Root, "run")]);

        result.ExitCode.Should().Be(1);
        result.Errors.Should().Contain("apt-get install dotnet-sdk-10.0");
    }
}
