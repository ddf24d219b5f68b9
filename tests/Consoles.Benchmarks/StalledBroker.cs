using System.Net;
using System.Net.Sockets;
using Consoles.Broker;
using Consoles.Broker.Access;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nodes;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Consoles.Benchmarks;

/// <summary>A listener that is measured.</summary>
/// <param name="Room">Who has come there and is no session yet.</param>
/// <param name="Beginnings">What those say who then fall silent.</param>
/// <param name="Token">A new one, for a console of the listener's kind.</param>
/// <param name="Open">Comes in with a token, and returns when the guest's first byte has come.</param>
internal sealed record StalledListener(
    string Name, IPEndPoint At, WaitingRoom Room, IReadOnlyList<byte[]> Beginnings, Func<string> Token, Func<NetworkStream, string, CancellationToken, Task<Stream>> Open);

/// <summary>A broker in this process with Nova's noVNC proxy and the doors for viewers, and guests that greet.</summary>
internal sealed class StalledBroker : IAsyncDisposable
{
    private static readonly Incarnation Run = new(DomainId.Parse("4dea22b3-1d52-d8f3-2516-782e98ab3fa0", null), 1000, 4711);
    private static readonly string[] Doors = ["Vnc", "Spice", "Serial", "Telnet"];

    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("consoles-stalled-");
    private readonly Guests _guests = new();
    private readonly WebApplication _broker;

    private StalledBroker()
    {
        _broker = BrokerHost.Build(
            [
                $"--Store:Directory={_state.FullName}", "--Listeners:People:Port=0", "--Listeners:Agents:Port=0", "--Sessions:MaxPerGuest=1000",
                "--Nova:Enabled=true", "--Nova:Api:Enabled=false", "--Nova:Spice:Enabled=false", "--Nova:Serial:Enabled=false",
                "--Nova:NoVnc:Address=127.0.0.1", "--Nova:NoVnc:Port=0", "--Nova:NoVnc:Web=builtin",
                .. Doors.SelectMany(door => new[] { $"--Viewers:{door}:Enabled=true", $"--Viewers:{door}:Port=0" }),
            ],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<IGuestConnector>(_guests);
            });
    }

    public IEnumerable<StalledListener> Listeners
    {
        get
        {
            var nova = _broker.Services.GetRequiredService<ProxyListeners>();
            var viewers = _broker.Services.GetRequiredService<ViewerListeners>();
            var (clients, waiting) = (_broker.Services.GetRequiredService<WaitingClients>(), _broker.Services.GetRequiredService<WaitingViewers>());
            byte[] hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01];

            yield return new("Nova's noVNC", nova.NoVnc.EndPoint, clients, [[], "GET /?token=a HTTP/1.1\r\nHost:"u8.ToArray(), hello], () => Token(ConsoleKind.Vnc, TokenUse.UntilExpiry), GoodClients.NoVncAsync);
            yield return new("VNC viewers", viewers.Vnc!, waiting, [[], "RFB 003."u8.ToArray(), [.. "RFB 003.008\n"u8, 19, 0, 2, 0, 0, 1, 6, .. hello]], () => Token(ConsoleKind.Vnc), GoodClients.VncAsync);
            yield return new("SPICE viewers", viewers.Spice!, waiting, [[], "CONNECT a:1 HTT"u8.ToArray(), "CONNECT a:1 HTTP/1.1\r\nHost:"u8.ToArray()], () => Token(ConsoleKind.Spice), GoodClients.SpiceAsync);
            yield return new("raw serial", viewers.Serial!, waiting, [[], hello], () => Token(ConsoleKind.Serial), GoodClients.SerialAsync);
            yield return new("telnet", viewers.Telnet!, waiting, [[], hello], () => Token(ConsoleKind.Serial), GoodClients.TelnetAsync);
        }
    }

    public static async Task<StalledBroker> StartAsync()
    {
        var started = new StalledBroker();
        await started._broker.StartAsync();
        started._broker.Services.GetRequiredService<ConsoleDirectory>().Apply(new NodeIdentity("node1", [IPAddress.Loopback]), new NodeReport
        {
            Generation = 1,
            Whole = true,
            Libvirt = new LibvirtHealth(true, null, DateTimeOffset.UnixEpoch),
            Domains = [new DomainReport { Id = Run.Domain, Name = "web1", State = "running", Incarnation = Run, Consoles = [.. new[] { ConsoleKind.Vnc, ConsoleKind.Spice, ConsoleKind.Serial }.Select(Console)] }],
        });
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.StopAsync();
        await _broker.DisposeAsync();
        _guests.Dispose();
        _state.Delete(recursive: true);
    }

    private static ConsoleEndpoint Console(ConsoleKind kind) => new() { Kind = kind, Name = NameOf(kind), Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = 5900 };

    private static string NameOf(ConsoleKind kind) => $"{kind}0";

    private string Token(ConsoleKind kind, TokenUse use = TokenUse.OnceByViewer) => _broker.Services.GetRequiredService<ConsoleTokens>().Issue(new ConsoleWish(
        new Caller("bench", "bench", ApiRole.Admin), Run, "web1", NameOf(kind), kind, ConsoleRights.Control, TimeSpan.FromMinutes(10), use)).Token.Reveal();

    /// <summary>Guests that begin as QEMU's VNC does, on a line in its frames.</summary>
    private sealed class Guests : IGuestConnector, IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Guests() => _listener.Start();

        public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
        {
            var socket = new TcpClient { NoDelay = true };
            await socket.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
            var guest = await _listener.AcceptTcpClientAsync(cancellationToken);
            await guest.GetStream().WriteAsync(grant.Kind == ConsoleKind.Serial ? GoodClients.GreetingOnALine : GoodClients.Greeting, cancellationToken);
            return new Guest(socket.GetStream());
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Guest(Stream stream) : GuestEnd(stream)
    {
        public override async Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken)
        {
            // How the security handshake went is for the guest's end to say (RFC 6143, section 7.1.3): 0, well.
            if (viewer is ViewerChannel { AwaitsAdmission: true })
            {
                await viewer.WriteAsync(new byte[4], cancellationToken);
            }

            return viewer;
        }
    }
}
