using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Nova.Api;
using Consoles.Broker.Nova.Proxies;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>OpenStack's own clients, as Debian has them, before the real broker, agent and QEMU.</summary>
public sealed class NovaApiClientTests(NovaApiFleet nova) : IClassFixture<NovaApiFleet>
{
    private const string Id = "2f5c9d3e-6a1b-4c7d-8e9f-0a1b2c3d4e5f";

    [Fact]
    public async Task FQ_1_the_openstack_client_lists_servers_and_gets_an_address_that_opens_the_console()
    {
        await nova.Fleet.WaitForConsoleAsync(NovaApiFleet.Guest);

        var servers = await OpenStackAsync("server", "list");
        servers.EnumerateArray().Should().ContainSingle().Which.GetProperty("Status").GetString().Should().Be("ACTIVE");
        servers[0].GetProperty("Name").GetString().Should().Be(NovaApiFleet.Guest);

        var url = (await OpenStackAsync("console", "url", "show", NovaApiFleet.Guest)).GetProperty("url").GetString()!;
        url.Should().StartWith("http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D");
        (await GreetingAsync(url)).Should().Be("RFB 003.008\n");
    }

    [Fact]
    public async Task API_the_openstack_client_shows_what_a_console_showed_and_is_told_what_there_is_not()
    {
        await nova.Fleet.WaitForConsoleAsync(NovaApiFleet.Guest, "serial0");

        // What a console showed is known from when the agent attached to it.
        await Eventually.TrueAsync(async () => (await nova.Fleet.Operator.GetAsync($"/v1/domains/{NovaApiFleet.Guest}/console-log")).IsSuccessStatusCode);
        await nova.Host.VirshAsync("reset", NovaApiFleet.Guest);
        await Eventually.TrueAsync(async () => (await nova.Fleet.Operator.GetStringAsync($"/v1/domains/{NovaApiFleet.Guest}/console-log")).Contains("SeaBIOS", StringComparison.Ordinal));

        (await RunAsync("openstack", "console", "log", "show", NovaApiFleet.Guest)).Output.Should().Contain("SeaBIOS");
        (await OpenStackAsync("console", "url", "show", "--serial", NovaApiFleet.Guest)).GetProperty("url").GetString().Should().StartWith("ws://127.0.0.1:6083/?token=");

        var refused = await RunAsync("openstack", "console", "url", "show", "--spice", NovaApiFleet.Guest);
        refused.ExitCode.Should().NotBe(0);
        refused.Errors.Should().Contain("Unavailable console type spice-html5. The guest has no SPICE display.");
    }

    [Fact]
    public async Task API_the_nova_client_negotiates_its_microversion_and_gets_the_address_by_remote_consoles()
    {
        await nova.Fleet.WaitForConsoleAsync(NovaApiFleet.Guest);

        (await RunAsync("nova", "list")).Output.Should().MatchRegex($@"{Id} \| {NovaApiFleet.Guest} +\| ACTIVE");

        var answer = (await RunAsync("nova", "get-vnc-console", NovaApiFleet.Guest, "novnc")).Output;
        answer.Should().Contain("novnc");
        var url = answer.Split('|', StringSplitOptions.TrimEntries).Single(cell => cell.StartsWith("http", StringComparison.Ordinal));
        (await GreetingAsync(url)).Should().Be("RFB 003.008\n");
    }

    private async Task<JsonElement> OpenStackAsync(params string[] arguments)
    {
        var result = await RunAsync("openstack", [.. arguments, "-f", "json"]);
        result.ExitCode.Should().Be(0, because: result.Errors);
        return JsonSerializer.Deserialize<JsonElement>(result.Output);
    }

    private Task<CommandResult> RunAsync(string client, params string[] arguments) => Command.TryRunAsync(
        "env",
        [
            "-u", "http_proxy", "-u", "https_proxy", $"OS_AUTH_URL=http://{nova.Fleet.Broker.Get<NovaApiListener>().Listener.EndPoint}/v3", "OS_IDENTITY_API_VERSION=3", "OS_USERNAME=ada",
            $"OS_PASSWORD={nova.Key}", "OS_PROJECT_NAME=consoles", "OS_USER_DOMAIN_NAME=Default", "OS_PROJECT_DOMAIN_NAME=Default", client, .. arguments,
        ],
        TimeSpan.FromSeconds(120));

    // What noVNC does with the page's argument "path".
    private async Task<string> GreetingAsync(string url)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("binary");
        var path = Uri.UnescapeDataString(url[(url.IndexOf("path=", StringComparison.Ordinal) + "path=".Length)..]);
        await socket.ConnectAsync(new Uri($"ws://{nova.Fleet.Broker.Get<ProxyListeners>().NoVnc.EndPoint}/{path}"), limit.Token);
        var buffer = new byte[12];
        var greeting = await socket.ReceiveAsync(buffer, limit.Token);
        return Encoding.ASCII.GetString(buffer, 0, greeting.Count);
    }
}

/// <summary>A guest with a screen and a serial line, behind a broker with Nova's API and its noVNC proxy.</summary>
public sealed class NovaApiFleet : IAsyncLifetime
{
    public const string Guest = "client1";

    internal LibvirtHost Host { get; private set; } = null!;

    internal Fleet Fleet { get; private set; } = null!;

    /// <summary>An API key, which is a password to clients of Keystone.</summary>
    public string Key { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Host = await LibvirtHost.StartNewAsync();
        await Host.StartAsync(GuestXml.Firmware(Guest).Id(new Guid("2f5c9d3e-6a1b-4c7d-8e9f-0a1b2c3d4e5f")).Vnc().SerialPty());
        Fleet = await Fleet.StartAsync(Host, "node1", "--Nova:Enabled=true", "--Nova:Api:Port=0", "--Nova:NoVnc:Address=127.0.0.1", "--Nova:NoVnc:Port=0", "--Nova:Spice:Port=0", "--Nova:Serial:Port=0");
        Key = Fleet.Broker.CreateKey(ApiRole.Operator, "ada");
    }

    public async Task DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Host.DisposeAsync();
    }
}
