using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Consoles.Agent;
using Consoles.Agent.Identity;
using Consoles.Agent.Relays;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.EndToEnd;

/// <summary>All of it for real: a libvirtd with QEMU guests, an enrolled agent on it, and the broker. Agent and broker run in this process.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    // A machine that boots guests meanwhile may be slower than the patience that is shown to viewers.
    private static readonly string[] Patient = ["--Sessions:TicketLifetime=00:01:00", "--Sessions:SetupLimit=00:01:00"];

    private readonly TempDirectory _agentState = new();

    private readonly TempDirectory _brokerState;
    private readonly IReadOnlyList<string> _brokerSettings;
    private readonly IReadOnlyList<string> _agentSettings;

    private Fleet(
        LibvirtHost libvirt, TestBroker broker, TempDirectory brokerState, CollectedLogs logs, IReadOnlyList<string> brokerSettings, IReadOnlyList<string> agentSettings)
    {
        (_brokerState, _brokerSettings, _agentSettings) = (brokerState, brokerSettings, agentSettings);
        Libvirt = libvirt;
        Broker = broker;
        Logs = logs;
        Http = broker.CreateClient();
        Operator = broker.CreateClient(broker.CreateKey(ApiRole.Admin));
    }

    public LibvirtHost Libvirt { get; }

    public TestBroker Broker { get; private set; }

    public IHost Agent { get; private set; } = null!;

    /// <summary>Where the agent was enrolled.</summary>
    public string AgentState => _agentState.Path;

    /// <summary>What broker and agent logged.</summary>
    public CollectedLogs Logs { get; }

    /// <summary>Shows no key.</summary>
    public HttpClient Http { get; private set; }

    /// <summary>Shows an administrator's key.</summary>
    public HttpClient Operator { get; private set; }

    public string Origin => Broker.People.GetLeftPart(UriPartial.Authority);

    public ConsoleDirectory Directory => Broker.Get<ConsoleDirectory>();

    public static Task<Fleet> StartAsync(LibvirtHost libvirt, string node = "node1", params string[] brokerSettings) =>
        StartAsync(libvirt, node, brokerSettings, agentSettings: []);

    public static async Task<Fleet> StartAsync(LibvirtHost libvirt, string node, string[] brokerSettings, string[] agentSettings)
    {
        var logs = new CollectedLogs();
        var state = new TempDirectory();

        // Nobody else's either while the broker is being started again.
        string[] own = [$"--Listeners:People:Port={libvirt.NextPort()}", $"--Listeners:Agents:Port={libvirt.NextPort()}", .. brokerSettings];
        var broker = await StartBrokerAsync(logs, state, own);
        var fleet = new Fleet(libvirt, broker, state, logs, own, agentSettings);
        await fleet.EnrolAsync(node);
        fleet.Agent = fleet.StartAgent();
        await fleet.Agent.StartAsync();
        return fleet;
    }

    /// <summary>Waits until the directory has the domain running with that console.</summary>
    /// <param name="reached">Also waits until the agent has reached it: a domain may be looked at while its QEMU does not listen yet, which is tried again a second later.</param>
    public Task<(Incarnation Run, ConsoleEndpoint Console)> WaitForConsoleAsync(string domain, string console = "vnc0", Incarnation? other = null, bool reached = false) =>
        Eventually.GetAsync(
            () => Task.FromResult<Found?>(
                Directory.FindDomain(domain) is { Domain.Incarnation: { } run } found
                && run != other
                && found.Domain.Consoles.FirstOrDefault(endpoint => endpoint.Name == console) is { } endpoint
                && (!reached || endpoint.Readiness is { Security: not ConsoleSecurity.Unreachable })
                    ? new Found(run, endpoint)
                    : null),
            because: () => $"({domain} {console})").ContinueWith(found => (found.Result.Run, found.Result.Console), TaskScheduler.Default);

    /// <summary>A token of the API, its secret taken from the URL that a person would be sent to.</summary>
    public async Task<(string Id, string Secret)> IssueTokenAsync(string domain, string console = "vnc0", string rights = "control")
    {
        using var answer = await Operator.PostAsJsonAsync($"/v1/domains/{domain}/consoles/{console}/tokens", new { rights });
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(HttpStatusCode.Created, because: text);
        using var body = JsonDocument.Parse(text);
        var url = new Uri(body.RootElement.GetProperty("url").GetString()!);
        return (body.RootElement.GetProperty("id").GetString()!, url.Fragment.TrimStart('#'));
    }

    /// <summary>Redeems as our page does; null when the token is refused.</summary>
    public async Task<(string Ticket, string Cookie)?> RedeemAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/redeem") { Content = JsonContent.Create(new { token }) };
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("X-Consoles", "1");
        using var answer = await Http.SendAsync(request);

        if (answer.StatusCode == HttpStatusCode.Forbidden)
        {
            return null;
        }

        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (body.RootElement.GetProperty("ticket").GetString()!, answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
    }

    /// <summary>Opens the channel as our page does.</summary>
    public async Task<ClientWebSocket> OpenChannelAsync((string Ticket, string Cookie) redeemed, CancellationToken cancellationToken = default)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", Origin);
        socket.Options.SetRequestHeader("Cookie", redeemed.Cookie);
        socket.Options.AddSubProtocol("binary");
        socket.Options.AddSubProtocol($"ticket.{redeemed.Ticket}");
        await socket.ConnectAsync(new Uri($"ws://{Broker.People.Authority}/channel"), cancellationToken);
        return socket;
    }

    /// <summary>A viewer on a new channel of the console.</summary>
    public async Task<ViewerOfChannel> OpenViewerAsync(string domain, string console = "vnc0")
    {
        await WaitForConsoleAsync(domain, console);
        var (_, secret) = await IssueTokenAsync(domain, console);
        var redeemed = await RedeemAsync(secret) ?? throw new InvalidOperationException($"The token of {domain} was refused.");
        return new ViewerOfChannel(await OpenChannelAsync(redeemed));
    }

    /// <summary>How the console is reached, as the API lists it; null where it is not.</summary>
    public async Task<string?> ViaAsync(string domain, string console = "vnc0") => (await ListedAsync(domain, console)).GetProperty("via").GetString();

    /// <summary>Why the console is not reached, as the API lists it.</summary>
    public async Task<string?> WhyNotAsync(string domain, string console = "vnc0") => (await ListedAsync(domain, console)).GetProperty("whyNot").GetString();

    /// <summary>How many streams the agent carries.</summary>
    public int StreamsOfAgent => Agent.Services.GetRequiredService<StreamAnswers>().Open;

    /// <summary>Stops the agent and starts another on the same identity.</summary>
    public async Task RestartAgentAsync()
    {
        await Agent.StopAsync();
        Agent.Dispose();
        Agent = StartAgent();
        await Agent.StartAsync();
    }

    /// <summary>Stops the broker and starts another with its state, on its ports.</summary>
    public async Task RestartBrokerAsync()
    {
        await Broker.DisposeAsync();
        Http.Dispose();
        Operator.Dispose();
        Broker = await StartBrokerAsync(Logs, _brokerState, [.. _brokerSettings]);
        Http = Broker.CreateClient();
        Operator = Broker.CreateClient(Broker.CreateKey(ApiRole.Admin, "after"));
    }

    private static Task<TestBroker> StartBrokerAsync(CollectedLogs logs, TempDirectory state, string[] settings) =>
        TestBroker.StartAsync(builder => builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Debug), state.Path, [.. Patient, .. settings]);

    private async Task<JsonElement> ListedAsync(string domain, string console)
    {
        await WaitForConsoleAsync(domain, console);
        using var body = JsonDocument.Parse(await Operator.GetStringAsync($"/v1/domains/{domain}/consoles"));
        return body.RootElement.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("name").GetString() == console).Clone();
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.StopAsync();
        Agent.Dispose();
        Http.Dispose();
        Operator.Dispose();
        await Broker.DisposeAsync();
        _brokerState.Dispose();
        _agentState.Dispose();
    }

    private async Task EnrolAsync(string node)
    {
        var invitation = Broker.Get<NodeRegistry>().Invite(node, []);
        var files = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = _agentState.Path }), TimeProvider.System);
        await new Enrolment(files, TimeProvider.System).EnrolAsync(BrokerAddress.Parse(Broker.Agents.ToString()), invitation.Token, replace: false, CancellationToken.None);
    }

    private IHost StartAgent() => AgentHost.Build(
        [$"--Identity:StateDirectory={_agentState.Path}", $"--Libvirt:Uri={Libvirt.Uri}", $"--QemuConf:Path={_agentState.Path}/qemu.conf", .. _agentSettings],
        builder => builder.Logging.ClearProviders().AddProvider(Logs).SetMinimumLevel(LogLevel.Debug));

    private sealed record Found(Incarnation Run, ConsoleEndpoint Console);
}
