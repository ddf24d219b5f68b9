using System.Net;
using System.Net.Sockets;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions.Spice;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Common.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Consoles.Tests.Fakes;

/// <summary>A broker's way to the SPICE console of a guest named web1 on node1, which is this machine.</summary>
internal static class SpiceTargets
{
    public static ConsoleTarget At(int? port, int? tlsPort = null, bool passwordSet = false)
    {
        var target = VncTargets.At(1);
        return target with
        {
            Endpoint = target.Endpoint with { Kind = ConsoleKind.Spice, Name = "spice0", Port = port, TlsPort = tlsPort, PasswordSet = passwordSet },
        };
    }

    public static SpiceConnector Connector(
        PeerTrust roots, bool? allowPlain = null, VncTargets.FixedPassword? password = null, TimeProvider? clock = null, IAgentStreams? agents = null) => new(
            new SpiceGuests(
                VncTargets.Routes(agents ?? new VncTargets.NoAgents(), allowPlain),
                new VncTargets.FixedTrust(new GuestTrust(roots, null)),
                password ?? new VncTargets.FixedPassword("secret")),
            clock ?? TimeProvider.System,
            NullLogger<SpiceConnector>.Instance);

    /// <summary>An agent that carries what listens at a port of this machine.</summary>
    internal sealed class Carrying(int port) : IAgentStreams
    {
        public long? AgentOf(string node) => 1;

        public async Task<Stream> OpenAsync(string node, Incarnation incarnation, StreamSource source, CancellationToken cancellationToken)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
    }
}
