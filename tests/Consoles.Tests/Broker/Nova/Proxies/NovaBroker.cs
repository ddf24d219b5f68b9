using System.Net;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Builder;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>A broker with Nova's proxies on, each at a free port of loopback, before guests that are sockets.</summary>
internal sealed class NovaBroker : IAsyncDisposable
{
    private static readonly string[] Proxies = ["NoVnc", "XvpVnc", "Spice", "Serial", "SpiceDirect", "VncProxy2011"];

    private NovaBroker(LiveBroker live)
    {
        Live = live;
        Listeners = live.Get<ProxyListeners>();
    }

    public LiveBroker Live { get; }

    public ProxyListeners Listeners { get; }

    public int NoVnc => Listeners.NoVnc.EndPoint.Port;

    public int Spice => Listeners.Spice.EndPoint.Port;

    public int Serial => Listeners.Serial.EndPoint.Port;

    /// <summary>What a page that NoVnc served says as its origin.</summary>
    public string Origin => $"http://127.0.0.1:{NoVnc}";

    public static Task<NovaBroker> StartAsync(params string[] settings) => StartAsync(clock: null, configure: null, settings);

    public static async Task<NovaBroker> StartAsync(TimeProvider? clock, Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        string[] places = [.. Proxies.SelectMany(proxy => new[] { $"--Nova:{proxy}:Address=127.0.0.1", $"--Nova:{proxy}:Port=0" })];
        var live = await LiveBroker.StartAsync(clock, configure, ["--Nova:Enabled=true", "--Nova:Api:Enabled=false", .. places, .. settings]);
        var nova = new NovaBroker(live);
        nova.Report();
        return nova;
    }

    /// <summary>The node's guest has all kinds of consoles.</summary>
    public void Report(Incarnation? run = null, int spicePort = 5901, int vncPort = 5900) => Live.Report(LiveBroker.GuestReport(run) with
    {
        Consoles =
        [
            .. LiveBroker.GuestReport(run).Consoles.Select(console => console.Kind == ConsoleKind.Vnc ? console with { Port = vncPort } : console),
            new ConsoleEndpoint { Kind = ConsoleKind.Spice, Name = "spice0", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = spicePort },
        ],
    });

    /// <summary>A token that is good until it expires, as the API of this face issues it.</summary>
    public string Token(ConsoleKind kind = ConsoleKind.Vnc, TimeSpan? lifetime = null, Incarnation? run = null) => Issue(kind, lifetime, run).Token.Reveal();

    public (ConsoleToken Token, ConsoleGrant Grant) Issue(ConsoleKind kind = ConsoleKind.Vnc, TimeSpan? lifetime = null, Incarnation? run = null) =>
        Live.Get<ConsoleTokens>().Issue(new ConsoleWish(
            new Caller("ada", Live.AdminKey.Id, ApiRole.Admin),
            run ?? LiveBroker.Run,
            "web1",
            $"{kind}0".ToLowerInvariant(),
            kind,
            ConsoleRights.Control,
            lifetime ?? TimeSpan.FromMinutes(10),
            TokenUse.UntilExpiry));

    /// <summary>A request for a WebSocket, as it stands.</summary>
    /// <param name="headers">Further ones.</param>
    public static string Upgrade(string target, string? protocols = "binary", string host = "127.0.0.1", params string[] headers) =>
        $"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        + (protocols is null ? "" : $"Sec-WebSocket-Protocol: {protocols}\r\n")
        + string.Concat(headers.Select(header => header + "\r\n"))
        + "\r\n";

    public Task<RawWebSocket> ConnectAsync(string target, string? protocols = "binary", string host = "127.0.0.1", params string[] headers) =>
        RawWebSocket.ConnectAsync(NoVnc, Upgrade(target, protocols, host, headers));

    /// <summary>The answer to a request as it stands.</summary>
    public static Task<string> AskAsync(int port, string request) => RawHttp.AskAsync(new Uri($"http://127.0.0.1:{port}"), request);

    public static Task<string> GetAsync(int port, string target) => AskAsync(port, $"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");

    /// <summary>Shows that what the guest says arrives at the viewer, and what the viewer says at the guest.</summary>
    public async Task ShouldWorkAsync(RawWebSocket viewer)
    {
        viewer.Status.Should().Be(101, because: viewer.Head);
        var guest = await Live.Guests.NextAsync();
        await guest.SendAsync("RFB"u8.ToArray());
        (await viewer.ReceiveAsync()).Payload.Should().Equal("RFB"u8.ToArray());
        await viewer.SendAsync("hello"u8);
        var buffer = new byte[16];
        Encoding.ASCII.GetString(buffer, 0, await guest.ReceiveAsync(buffer)).Should().Be("hello");
    }

    /// <summary>Shows that the viewer is refused, a page with the reason and a program by the status, and that no guest was dialled for it.</summary>
    public async Task ShouldBeRefusedAsync(string target, params string[] headers)
    {
        var before = Live.Guests.Count;
        (await AskAsync(NoVnc, Upgrade(target, headers: headers))).Should().StartWith("HTTP/1.1 403 ").And.EndWith("\r\n\r\n", because: "a program reads the status, and nothing may come behind it");

        using var viewer = await ConnectAsync(target, headers: [.. headers, $"Origin: {Origin}"]);
        viewer.Status.Should().Be(101);
        var (first, payload) = await viewer.ReceiveAsync();
        first.Should().Be(0x88, because: "nothing comes before the close frame");
        payload.AsSpan(0, 2).ToArray().Should().Equal([4001 >> 8, 4001 & 255]);
        Encoding.UTF8.GetString(payload.AsSpan(2)).Should().Contain("token");
        Live.Guests.Count.Should().Be(before);
    }

    public async ValueTask DisposeAsync() => await Live.DisposeAsync();
}
