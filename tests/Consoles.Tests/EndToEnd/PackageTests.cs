using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>The Debian packages on a machine of which systemd is the first process.</summary>
public sealed class PackageTests : IClassFixture<BuiltPackages>, IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);

    private readonly BuiltPackages _packages;
    private readonly PortRange _ports = PortRange.Claim();
    private readonly HttpClient _people;
    private readonly int _agentsPort;
    private SystemdHost _host = null!;

    public PackageTests(BuiltPackages packages)
    {
        _packages = packages;
        _people = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_ports.Next()}") };
        _agentsPort = _ports.Next();
    }

    public async Task InitializeAsync() => _host = await SystemdHost.StartNewAsync();

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _people.Dispose();
        _ports.Dispose();
    }

    [Fact]
    public async Task FQ_6_one_package_is_a_service_that_starts_by_itself_and_again_when_it_ends()
    {
        // Settings that were there first are the administrator's.
        await WriteSettingsAsync();

        await InstallAsync("broker");

        await UntilReadyAsync();
        (await _host.RunAsync("systemctl", "is-enabled", "consoles-broker.service")).Trim().Should().Be("enabled");
        (await _host.ShowAsync("consoles-broker.service", "StatusText")).Should().Be($"People are awaited at 127.0.0.1:{_people.BaseAddress!.Port}, agents at 127.0.0.1:{_agentsPort}; 0 sessions");
        (await _host.RunAsync("stat", "-c", "%U:%G %a", "/etc/consoles/broker.json", "/var/lib/consoles")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal("root:consoles 640", "consoles:consoles 700");
        await EndsAndReturnsAsync("consoles-broker.service");
        await UntilReadyAsync();

        await InstallAsync("agent");
        (await _host.ShowAsync("consoles-agent.service", "ActiveState")).Should().Be("inactive", because: "the node is not enrolled yet");

        // Root's commands work beside a broker of another user, and leave it nothing that it cannot read.
        var invitation = await _host.RunAsync("consoles-broker", "node", "invite", "packaged", "--address", "127.0.0.1", "--json");
        using var invited = JsonDocument.Parse(invitation);
        await WriteAsync("/run/token", invited.RootElement.GetProperty("token").GetString()!);
        await _host.RunAsync("consoles-agent", "enrol", "--broker", $"https://127.0.0.1:{_agentsPort}", "--token-file", "/run/token");
        _people.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await _host.RunAsync("consoles-broker", "key", "create", "--role", "admin", "--name", "ada")).Trim());

        await UntilConnectedAsync();
        (await _host.RunAsync("systemctl", "is-enabled", "consoles-agent.service")).Trim().Should().Be("enabled");
        await EndsAndReturnsAsync("consoles-agent.service");

        // Installed over itself, as an upgrade is: both are begun anew, and know what they knew.
        var (broker, agent) = (await PidAsync("consoles-broker.service"), await PidAsync("consoles-agent.service"));
        await InstallAsync("broker", "agent");
        (await PidAsync("consoles-broker.service")).Should().NotBe(broker);
        (await PidAsync("consoles-agent.service")).Should().NotBe(agent);
        await UntilConnectedAsync();

        await DpkgAsync("--purge", "consoles-agent", "consoles-broker");
        (await _host.ShowAsync("consoles-broker.service", "LoadState")).Should().Be("not-found");
        (await _host.TryRunAsync("systemctl", "list-unit-files", "--no-legend", "consoles-*")).Output.Should().BeEmpty();

        foreach (var path in (string[])["/etc/consoles", "/var/lib/consoles", "/var/lib/consoles-agent", "/usr/lib/consoles-broker", "/usr/lib/consoles-agent"])
        {
            (await _host.TryRunAsync("test", "-e", path)).ExitCode.Should().Be(1, because: $"{path} was the packages'");
        }
    }

    [Fact]
    public async Task FQ_6_a_broker_that_hangs_is_begun_anew()
    {
        await WriteSettingsAsync();
        await _host.RunAsync("mkdir", "/etc/systemd/system/consoles-broker.service.d");
        // Sooner than the package has it, and not so soon that a busy machine's broker seems to hang.
        await WriteAsync("/etc/systemd/system/consoles-broker.service.d/sooner.conf", "[Service]\nWatchdogSec=12\nTimeoutAbortSec=1\n");
        await InstallAsync("broker");
        await UntilReadyAsync();
        var before = await PidAsync("consoles-broker.service");

        await _host.RunAsync("kill", "-STOP", before);

        await Eventually.TrueAsync(async () => await PidAsync("consoles-broker.service") is not "0" and var now && now != before, StartLimit);
        await UntilReadyAsync();
        (await _host.ShowAsync("consoles-broker.service", "NRestarts")).Should().Be("1");
    }

    private Task InstallAsync(params string[] parts) =>
        DpkgAsync(["--install", .. parts.Select(part =>
        {
            var package = Path.Combine(_host.Folder, $"{part}.deb");
            File.Copy(_packages.Of(part), package, overwrite: true);
            return package;
        })]);

    private async Task DpkgAsync(params string[] arguments) => await _host.RunAsync("env", ["DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", .. arguments]);

    private async Task WriteAsync(string path, string text) => await _host.RunAsync("sh", "-c", "umask 077; printf %s \"$2\" > \"$1\"", "sh", path, text);

    private async Task WriteSettingsAsync()
    {
        await _host.RunAsync("mkdir", "/etc/consoles");
        await WriteAsync("/etc/consoles/broker.json", $$"""{ "Listeners": { "People": { "Port": {{_people.BaseAddress!.Port}} }, "Agents": { "Port": {{_agentsPort}} } } }""");
    }

    private Task<string> PidAsync(string unit) => _host.ShowAsync(unit, "MainPID");

    private async Task EndsAndReturnsAsync(string unit)
    {
        var before = await PidAsync(unit);
        await _host.RunAsync("kill", "-KILL", before);

        await Eventually.TrueAsync(
            async () => await _host.ShowAsync(unit, "ActiveState") == "active" && await PidAsync(unit) is not "0" and var now && now != before, StartLimit);
    }

    private Task UntilReadyAsync() => UntilAnsweredAsync("/readyz", answer => answer.StatusCode == HttpStatusCode.OK);

    private Task UntilConnectedAsync() => UntilAnsweredAsync("/v1/nodes/packaged", answer =>
    {
        using var node = answer.IsSuccessStatusCode ? JsonDocument.Parse(answer.Content.ReadAsStream()) : null;
        return node?.RootElement.GetProperty("heard").GetBoolean() == true;
    });

    private Task UntilAnsweredAsync(string path, Func<HttpResponseMessage, bool> wanted) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                using var answer = await _people.GetAsync(new Uri(path, UriKind.Relative));
                return wanted(answer);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        StartLimit,
        () => _host.TryRunAsync("journalctl", "-u", "consoles-agent", "-u", "consoles-broker", "-n", "30", "--no-pager").GetAwaiter().GetResult().Output);
}
