using System.Net;
using System.Net.Sockets;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>Dials graphics consoles, or has agents carry them.</summary>
internal sealed class GuestRoutes(RoutePolicy policy, IAgentStreams streams, IOptions<GuestTlsOptions> tls, IOptions<RouteOptions> routes) : IGuestRoutes
{
    public async Task<GuestRoute> OpenAsync(ConsoleTarget target, GuestDoor door, CancellationToken cancellationToken)
    {
        var (node, console) = (target.Node, target.Endpoint.Name);
        var run = target.Domain.Incarnation ?? throw new GuestException(GuestFailure.Unreachable, $"The domain is {target.Domain.State}.");
        var choice = policy.Choose(target);

        if (choice.WhyNot is { } whyNot)
        {
            throw new GuestException(GuestFailure.Unreachable, whyNot);
        }

        if (!choice.Relayed)
        {
            var address = DialAddress.Of(target.Endpoint, routes.Value.Ordered(node), door);
            var dialled = await DialAsync(address, routes.Value.AccessPathOf(target.Domain), cancellationToken);
            return new GuestRoute(dialled, Relayed: false, tls.Value.AllowsPlain(address.Address), [node.Name, address.Address.ToString()], address.ToString());
        }

        try
        {
            var stream = await streams.OpenAsync(node.Name, run, new GraphicsSource(console, Tls: door == GuestDoor.Tls), cancellationToken);
            return new GuestRoute(stream, Relayed: true, AllowsPlain: true, NamesOf(target), $"{console} through the agent of {node.Name}");
        }
        catch (AgentStreamException e)
        {
            throw new GuestException(GuestFailure.Unreachable, e.Message, e);
        }
    }

    // QEMU's certificate is for those who dial it, and the agent dials it where QEMU listens.
    private static IReadOnlyList<string> NamesOf(ConsoleTarget target) =>
        [target.Node.Name, .. target.Node.Addresses.Select(address => address.ToString()), .. target.Endpoint.Host is { } host ? [host] : Array.Empty<string>()];

    private static async Task<Stream> DialAsync(IPEndPoint address, string? path, CancellationToken cancellationToken)
    {
        var stream = await DialAsync(address, cancellationToken);

        try
        {
            if (path is not null)
            {
                await InternalAccessPath.AskAsync(stream, path, cancellationToken);
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="GuestException">Nobody answers there.</exception>
    internal static async Task<Stream> DialAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        try
        {
            KeepAlive.On(socket);
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new GuestException(GuestFailure.Unreachable, $"No connection to the guest's console: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
