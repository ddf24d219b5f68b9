using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Consoles.Agent;
using Consoles.Agent.Identity;
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
    private readonly TempDirectory _agentState = new();

    private Fleet(LibvirtHost libvirt, TestBroker broker, CollectedLogs logs)
    {
        Libvirt = libvirt;
        Broker = broker;
        Logs = logs;
        Http = broker.CreateClient();
        Operator = broker.CreateClient(broker.CreateKey(ApiRole.Admin));
    }

    public LibvirtHost Libvirt { get; }

    public TestBroker Broker { get; }

    public IHost Agent { get; private set; } = null!;

    /// <summary>What broker and agent logged.</summary>
    public CollectedLogs Logs { get; }

    /// <summary>Shows no key.</summary>
    public HttpClient Http { get; }

    /// <summary>Shows an administrator's key.</summary>
    public HttpClient Operator { get; }

    public string Origin => Broker.People.GetLeftPart(UriPartial.Authority);

    public ConsoleDirectory Directory => Broker.Get<ConsoleDirectory>();

    public static async Task<Fleet> StartAsync(LibvirtHost libvirt, string node = "node1", params string[] brokerSettings)
    {
        var logs = new CollectedLogs();
        var broker = await TestBroker.StartAsync(builder => builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Debug), state: null, brokerSettings);
        var fleet = new Fleet(libvirt, broker, logs);
        await fleet.EnrolAsync(node);
        fleet.Agent = fleet.StartAgent();
        await fleet.Agent.StartAsync();
        return fleet;
    }

    /// <summary>Waits until the directory has the domain running with that console.</summary>
    public Task<(Incarnation Run, ConsoleEndpoint Console)> WaitForConsoleAsync(string domain, string console = "vnc0", Incarnation? other = null) =>
        Eventually.GetAsync(
            () => Task.FromResult<Found?>(
                Directory.FindDomain(domain) is { Domain.Incarnation: { } run } found
                && run != other
                && found.Domain.Consoles.FirstOrDefault(endpoint => endpoint.Name == console) is { } endpoint
                    ? new Found(run, endpoint)
                    : null),
            because: () => $"({domain} {console})").ContinueWith(found => (found.Result.Run, found.Result.Console), TaskScheduler.Default);

    /// <summary>A token of the API, its secret taken from the URL that a person would be sent to.</summary>
    public async Task<(string Id, string Secret)> IssueTokenAsync(string domain, string console = "vnc0")
    {
        using var answer = await Operator.PostAsJsonAsync($"/v1/domains/{domain}/consoles/{console}/tokens", new { rights = "control" });
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

    public async ValueTask DisposeAsync()
    {
        await Agent.StopAsync();
        Agent.Dispose();
        Http.Dispose();
        Operator.Dispose();
        await Broker.DisposeAsync();
        _agentState.Dispose();
    }

    private async Task EnrolAsync(string node)
    {
        var invitation = Broker.Get<NodeRegistry>().Invite(node, []);
        var files = new IdentityFiles(Options.Create(new IdentityOptions { StateDirectory = _agentState.Path }), TimeProvider.System);
        await new Enrolment(files, TimeProvider.System).EnrolAsync(BrokerAddress.Parse(Broker.Agents.ToString()), invitation.Token, replace: false, CancellationToken.None);
    }

    private IHost StartAgent() => AgentHost.Build(
        [$"--Identity:StateDirectory={_agentState.Path}", $"--Libvirt:Uri={Libvirt.Uri}"],
        builder => builder.Logging.ClearProviders().AddProvider(Logs).SetMinimumLevel(LogLevel.Debug));

    private sealed record Found(Incarnation Run, ConsoleEndpoint Console);
}
