using System.Net;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
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
        PeerTrust roots, TlsIdentity? own = null, bool? allowPlain = null, FixedPassword? password = null, TimeProvider? clock = null, HandshakeHolds? holds = null) => new(
            Dial(Directory(clock), clock, holds),
            Routes(new NoAgents(), allowPlain),
            new FixedTrust(new GuestTrust(roots, own)),
            password ?? new FixedPassword("secret"),
            clock ?? TimeProvider.System,
            NullLogger<VncConnector>.Instance);

    public static GuestDial Dial(ConsoleDirectory directory, TimeProvider? clock = null, HandshakeHolds? holds = null) =>
        new(holds ?? new HandshakeHolds(clock ?? TimeProvider.System), directory, clock ?? TimeProvider.System);

    /// <summary>One that knows no node.</summary>
    public static ConsoleDirectory Directory(TimeProvider? clock = null) => new(clock ?? TimeProvider.System, Options.Create(new NodeOptions()));

    public static GuestRoutes Routes(IAgentStreams agents, bool? allowPlain = null, RouteOptions? options = null) =>
        new(new RoutePolicy(Options.Create(options ?? new RouteOptions()), agents), agents, Options.Create(new GuestTlsOptions { AllowPlain = allowPlain }), Options.Create(options ?? new RouteOptions()));

    public static ConsoleGrant Grant(ConsoleTarget target, ConsoleRights rights = ConsoleRights.Control) => new(
        "1", "ada", "key1", target.Domain.Incarnation ?? Run, target.Domain.Name, target.Endpoint.Name, target.Endpoint.Kind, rights, DateTimeOffset.MaxValue);

    public static Task<GuestEnd> ConnectAsync(this IGuestConnector connector, ConsoleTarget target, CancellationToken cancellationToken) =>
        connector.ConnectAsync(target, Grant(target), cancellationToken);

    /// <summary>No node has an agent that is connected: everything is dialled.</summary>
    internal sealed class NoAgents : IAgentStreams
    {
        public long? AgentOf(string node) => null;

        public Task<Stream> OpenAsync(string node, Incarnation incarnation, StreamSource source, CancellationToken cancellationToken) =>
            throw new AgentStreamException(StreamFault.Failed, $"The agent of node {node} is not connected.");
    }

    internal sealed class FixedTrust(GuestTrust trust) : IGuestTrust
    {
        public GuestTrust Of(string node) => trust;
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
