using System.Text;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Nova.Api;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>The real broker with Nova's API on a free port, an agent that carries what it is asked for, and a guest with a console of every kind.</summary>
internal sealed class NovaUnderTest : IAsyncDisposable
{
    public const string Id = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

    private static readonly string[] Settings =
    [
        "--Nova:Enabled=true", "--Nova:Api:Port=0", "--Nova:NoVnc:Port=0", "--Nova:XvpVnc:Port=0", "--Nova:Spice:Port=0", "--Nova:Serial:Port=0", "--Nova:SpiceDirect:Port=0",
        "--Nova:XvpVnc:Enabled=true", "--Nova:SpiceDirect:Enabled=true",
    ];

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(60) };

    private NovaUnderTest(LiveBroker broker, FakeAgentStreams agents)
    {
        (Broker, Agents) = (broker, agents);
        Root = $"http://{broker.Get<NovaApiListener>().Listener.EndPoint}";
        Admin = Key(ApiRole.Admin);
    }

    public LiveBroker Broker { get; }

    public FakeAgentStreams Agents { get; }

    public string Root { get; }

    /// <summary>An administrator's API key.</summary>
    public string Admin { get; }

    public static async Task<NovaUnderTest> StartAsync(TimeProvider? clock = null, params string[] settings)
    {
        var agents = new FakeAgentStreams();
        var broker = await LiveBroker.StartAsync(clock, builder => builder.Services.AddSingleton<IAgentStreams>(agents), [.. Settings, .. settings]);
        broker.Report(Guest());
        return new NovaUnderTest(broker, agents);
    }

    public static DomainReport Guest(Incarnation? run = null, string state = "running", string name = "web1", params ConsoleEndpoint[] consoles) => new()
    {
        Id = (run ?? LiveBroker.Run).Domain,
        Name = name,
        State = state,
        Incarnation = state is "running" or "paused" ? run ?? LiveBroker.Run : null,
        Consoles = consoles.Length > 0 ? consoles : [Vnc, Spice, SerialOnPty, SerialOnTcp],
    };

    public static ConsoleEndpoint Vnc { get; } = new() { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "0.0.0.0", Port = 5900 };

    public static ConsoleEndpoint Spice { get; } = new() { Kind = ConsoleKind.Spice, Name = "spice0", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = 5901, TlsPort = 5902 };

    public static ConsoleEndpoint SerialOnPty { get; } = new() { Kind = ConsoleKind.Serial, Name = "serial0", Transport = ConsoleTransport.Pty, Path = "/dev/pts/3" };

    public static ConsoleEndpoint SerialOnTcp { get; } = new() { Kind = ConsoleKind.Serial, Name = "serial1", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = 10000 };

    public string Key(ApiRole role, string name = "nova") => Broker.Get<ApiKeys>().Create(role, name, lifetime: null).Secret.Reveal();

    /// <param name="token">Null: an administrator's key. Empty: none.</param>
    /// <param name="version">The microversion, or null to name none.</param>
    public async Task<NovaAnswer> AskAsync(string method, string path, string? body = null, string? token = null, string? version = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Root + path);

        if (token is not "")
        {
            request.Headers.TryAddWithoutValidation("X-Auth-Token", token ?? Admin);
        }

        if (version is not null)
        {
            request.Headers.TryAddWithoutValidation("OpenStack-API-Version", $"compute {version}");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await _client.SendAsync(request);

        return new NovaAnswer(
            (int)answer.StatusCode,
            await answer.Content.ReadAsStringAsync(),
            answer.Headers.Concat(answer.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public Task<NovaAnswer> GetAsync(string path, string? version = null, string? token = null) => AskAsync("GET", path, body: null, token, version);

    public Task<NovaAnswer> ActAsync(string body, string? version = null, string? token = null, string id = Id) => AskAsync("POST", $"/v2.1/servers/{id}/action", body, token, version);

    public Task<NovaAnswer> CreateAsync(string protocol, string type, string version = "2.6", string? token = null) =>
        AskAsync("POST", $"/v2.1/servers/{Id}/remote-consoles", $$$"""{"remote_console":{"protocol":"{{{protocol}}}","type":"{{{type}}}"}}""", token, version);

    /// <summary>The token in an address of a console, whichever form that has.</summary>
    public static string TokenOf(string url) => Uri.UnescapeDataString(url)[(Uri.UnescapeDataString(url).IndexOf("token=", StringComparison.Ordinal) + 6)..];

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Broker.DisposeAsync();
        Agents.Dispose();
    }
}

internal sealed record NovaAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    public string Url => Json.EnumerateObject().Single().Value.GetProperty("url").GetString()!;
}
