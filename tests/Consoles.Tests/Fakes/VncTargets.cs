using System.Net;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Common.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Fakes;

/// <summary>A broker's way to a guest named web1 on node1, which is this machine.</summary>
internal static class VncTargets
{
    public static readonly DomainId Domain = new(Guid.Parse("4dea22b3-1d52-d8f3-2516-782e98ab3fa0"));

    public static readonly Incarnation Run = new(Domain, 1234, 77);

    public static ConsoleEndpoint Console(int port) =>
        new() { Kind = ConsoleKind.Vnc, Name = "vnc0", Transport = ConsoleTransport.Tcp, Host = "127.0.0.1", Port = port };

    public static ConsoleTarget At(int port, string domain = "web1") => new(
        new NodeIdentity("node1", [IPAddress.Loopback]),
        new DomainReport { Id = Domain, Name = domain, State = "running", Incarnation = Run },
        Console(port));

    public static VncConnector Connector(
        PeerTrust roots, TlsIdentity? own = null, bool? allowPlain = null, FixedPassword? password = null, TimeProvider? clock = null) => new(
            new FixedTrust(new GuestTrust(roots, own)),
            password ?? new FixedPassword("secret"),
            Options.Create(new GuestTlsOptions { AllowPlain = allowPlain }),
            clock ?? TimeProvider.System,
            NullLogger<VncConnector>.Instance);

    internal sealed class FixedTrust(GuestTrust trust) : IGuestTrust
    {
        public GuestTrust Current => trust;
    }

    internal sealed class FixedPassword(string? password) : IConsolePasswords
    {
        public int Asked { get; private set; }

        public Task<string> GetAsync(string node, Incarnation incarnation, string console, CancellationToken cancellationToken)
        {
            Asked++;
            return password is null ? throw new ConsolePasswordException("The agent of node1 is away.") : Task.FromResult(password);
        }
    }
}
