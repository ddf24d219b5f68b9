using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Consoles.Broker.Access;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers;
using Consoles.Common.Inventory;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Fakes;

/// <summary>A broker with its doors for viewers open, and viewers that do what a test says.</summary>
internal sealed class ViewerBroker : IAsyncDisposable
{
    private readonly FakeAgentStreams _agents;

    private ViewerBroker(LiveBroker live, FakeAgentStreams agents) => (Live, _agents) = (live, agents);

    public LiveBroker Live { get; }

    public ViewerListeners Listeners => Live.Get<ViewerListeners>();

    public static Task<ViewerBroker> StartAsync(IGuestConnector? guests = null, params string[] settings) => StartAsync(clock: null, guests, settings);

    public static async Task<ViewerBroker> StartAsync(TimeProvider? clock, IGuestConnector? guests, string[] settings)
    {
        var agents = new FakeAgentStreams();
        var live = await LiveBroker.StartAsync(
            clock,
            builder =>
            {
                builder.Services.AddSingleton<IAgentStreams>(agents);

                if (guests is not null)
                {
                    builder.Services.AddSingleton(guests);
                }
            },
            [.. new[] { "Vnc", "Spice", "Serial", "Telnet" }.SelectMany(door => new[] { $"--Viewers:{door}:Enabled=true", $"--Viewers:{door}:Port=0" }), .. settings]);

        var web1 = LiveBroker.GuestReport();
        live.Report(web1 with { Consoles = [.. web1.Consoles, new ConsoleEndpoint { Kind = ConsoleKind.Spice, Name = "spice0", Transport = ConsoleTransport.None }] });
        return new ViewerBroker(live, agents);
    }

    public string Token(ConsoleKind kind, TimeSpan? lifetime = null, ConsoleRights rights = ConsoleRights.Control, TokenUse use = TokenUse.OnceByViewer) => Live.Get<ConsoleTokens>().Issue(new ConsoleWish(
        new Caller("ada", Live.AdminKey.Id, ApiRole.Admin), LiveBroker.Run, "web1", kind == ConsoleKind.Vnc ? "vnc0" : kind == ConsoleKind.Spice ? "spice0" : "serial0", kind, rights, lifetime, use)).Token.Reveal();

    /// <param name="from">The address that it comes from; unset: the machine's choice.</param>
    public static async Task<NetworkStream> ConnectAsync(IPEndPoint at, IPAddress? from = null)
    {
        var client = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        if (from is not null)
        {
            client.Bind(new IPEndPoint(from, 0));
        }

        await client.ConnectAsync(at);
        return new NetworkStream(client, ownsSocket: true);
    }

    /// <summary>TLS as a viewer that trusts the fleet's root.</summary>
    public async Task<SslStream> SecureAsync(Stream plain)
    {
        var root = Live.Get<AuthorityRoots>().Fleet;
        var tls = new SslStream(plain, leaveInnerStreamOpen: false, (_, _, chain, _) => chain is not null && TestTls.Trusts(root, chain));
        await tls.AuthenticateAsClientAsync("localhost");
        return tls;
    }

    public async Task<SslStream> SecureAsync(IPEndPoint at) => await SecureAsync(await ConnectAsync(at));

    /// <summary>All that comes until the other side ends it, within a limit; a reset is an end.</summary>
    public static async Task<byte[]> DrainAsync(Stream stream, TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        using var all = new MemoryStream();

        try
        {
            await stream.CopyToAsync(all, limit.Token);
        }
        catch (IOException)
        {
            // As good an end as any.
        }

        return all.ToArray();
    }

    /// <summary>All that comes until the broker lets go of a viewer that does nothing, by a clock that goes on only for this: until then the viewer has all the time it needs.</summary>
    public static Task<byte[]> ShouldBeLetGoOfAsync(Stream viewer, TestClock clock) => clock.AdvanceUntilAsync(DrainAsync(viewer), TimeSpan.FromSeconds(1));

    public static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, limit.Token);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await Live.DisposeAsync();
        _agents.Dispose();
    }
}
