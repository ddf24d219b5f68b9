using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.Fakes;

/// <summary>The real broker in this process, on plain HTTP at a free port, with one node and one guest in its directory, whose consoles are <see cref="SocketGuests"/>.</summary>
internal sealed class LiveBroker : IAsyncDisposable
{
    public static readonly DomainId Guest = DomainId.Parse("4dea22b3-1d52-d8f3-2516-782e98ab3fa0", null);
    public static readonly Incarnation Run = new(Guest, 1000, 4711);
    public static readonly NodeIdentity Node = new("node1", [IPAddress.Loopback]);

    private readonly TestBroker _broker;
    private long _generation;

    private LiveBroker(TestBroker broker, SocketGuests guests, CollectedLogs logs)
    {
        _broker = broker;
        Guests = guests;
        Logs = logs;
        Origin = broker.People.GetLeftPart(UriPartial.Authority);
        Port = broker.People.Port;
        Http = broker.CreateClient();
        (var secret, AdminKey) = Get<ApiKeys>().Create(ApiRole.Admin, "ada", lifetime: null);
        Admin = broker.CreateClient(secret.Reveal());
        Report();
    }

    public SocketGuests Guests { get; }

    public CollectedLogs Logs { get; }

    public string Origin { get; }

    public int Port { get; }

    /// <summary>Shows no key, keeps no cookies.</summary>
    public HttpClient Http { get; }

    public ApiKey AdminKey { get; }

    public HttpClient Admin { get; }

    public ConsoleDirectory Directory => Get<ConsoleDirectory>();

    public SessionRegistry Sessions => Get<SessionRegistry>();

    public string StateDirectory => _broker.StateDirectory;

    public static async Task<LiveBroker> StartAsync(TimeProvider? clock = null, Action<WebApplicationBuilder>? configure = null, params string[] settings)
    {
        var guests = new SocketGuests();
        var logs = new CollectedLogs();

        var broker = await TestBroker.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<IGuestConnector>(guests);
                builder.Services.AddSingleton(clock ?? TimeProvider.System);
                builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
                configure?.Invoke(builder);
            },
            state: null,
            settings);

        return new LiveBroker(broker, guests, logs);
    }

    public T Get<T>()
        where T : notnull => _broker.Get<T>();

    public HttpClient ClientAs(ApiRole role, string name = "bob") => _broker.CreateClient(_broker.CreateKey(role, name));

    /// <summary>The node says what it has: the one guest, running, unless told otherwise.</summary>
    public void Report(params DomainReport[] domains) => Report(Node, domains.Length > 0 ? domains : [GuestReport()]);

    public void Report(NodeIdentity node, params DomainReport[] domains) =>
        Directory.Apply(node, TestLink.Whole(++_generation, domains));

    public static DomainReport GuestReport(Incarnation? run = null, bool running = true, string name = "web1") => new()
    {
        Id = (run ?? Run).Domain,
        Name = name,
        State = running ? "running" : "shutoff",
        Incarnation = running ? run ?? Run : null,
        Consoles = running
            ?
            [
                new ConsoleEndpoint
                {
                    Kind = ConsoleKind.Vnc,
                    Name = "vnc0",
                    Transport = ConsoleTransport.Tcp,
                    Host = "127.0.0.1",
                    Port = 5900,
                    Readiness = new Readiness(ConsoleSecurity.None, "QEMU offers security type None.", DateTimeOffset.UnixEpoch),
                },
                new ConsoleEndpoint { Kind = ConsoleKind.Serial, Name = "serial0", Transport = ConsoleTransport.Pty, Path = "/dev/pts/3" },
            ]
            : [],
    };

    /// <summary>A token of the guest's VNC console, as the API would issue it.</summary>
    public string IssueToken(Incarnation? run = null, ConsoleRights rights = ConsoleRights.Control, TimeSpan? lifetime = null) => Issue(run, rights, lifetime).Token.Reveal();

    public (ConsoleToken Token, ConsoleGrant Grant) Issue(Incarnation? run = null, ConsoleRights rights = ConsoleRights.Control, TimeSpan? lifetime = null) =>
        Get<ConsoleTokens>().Issue(new ConsoleWish(new Caller("ada", AdminKey.Id, ApiRole.Admin), run ?? Run, "web1", "vnc0", ConsoleKind.Vnc, rights, lifetime));

    public HttpRequestMessage RedeemRequest(string token, string? origin = "own", string? cookie = null, bool header = true)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/redeem") { Content = JsonContent.Create(new { token }) };

        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin == "own" ? Origin : origin);
        }

        if (header)
        {
            request.Headers.Add("X-Consoles", "1");
        }

        if (cookie is not null)
        {
            request.Headers.Add("Cookie", $"consoles={cookie}");
        }

        return request;
    }

    /// <summary>Redeems a fresh token as our page does.</summary>
    public async Task<Ticket> RedeemAsync(string? token = null, string? cookie = null)
    {
        using var answer = await Http.SendAsync(RedeemRequest(token ?? IssueToken(), cookie: cookie));
        answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var set = answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.Single().Split(';')[0].Split('=', 2)[1] : cookie;
        return new Ticket(body.GetProperty("ticket").GetString()!, set!);
    }

    /// <summary>A viewer whose session is open, and the guest's end of it.</summary>
    public async Task<(RawWebSocket Viewer, System.Net.Sockets.Socket Guest)> OpenAsync(string? token = null)
    {
        var viewer = await RawWebSocket.ConnectAsync(this, await RedeemAsync(token));
        return (viewer, await Guests.NextAsync());
    }

    public Task StopAsync() => _broker.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Guests.Dispose();
        await _broker.DisposeAsync();
        Http.Dispose();
        Admin.Dispose();
    }

    internal sealed record Ticket(string Secret, string Cookie);
}

/// <summary>Everything that was logged, at any level.</summary>
internal sealed class CollectedLogs : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>All of it.</summary>
    public string Text => string.Join("\n", Lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Lines.Enqueue($"{state}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
