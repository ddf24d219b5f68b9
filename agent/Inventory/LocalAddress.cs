using System.Net;
using System.Net.Sockets;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>How this node itself reaches a console that listens on it.</summary>
internal static class LocalAddress
{
    // sockaddr_un: 108 bytes with the zero at the end.
    private const int MaxPath = 107;

    /// <summary>What listens on every address of the node listens on the loopback one too.</summary>
    public static IPAddress Of(IPAddress listens) =>
        listens.Equals(IPAddress.Any) ? IPAddress.Loopback : listens.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listens;

    /// <param name="port">Which of its ports is meant, where it has any.</param>
    /// <returns>Null for a console without a socket or port that could be connected to.</returns>
    public static EndPoint? Of(ConsoleEndpoint console, int? port) => console switch
    {
        { Transport: ConsoleTransport.Unix, Path: { Length: > 0 and <= MaxPath } path } => new UnixDomainSocketEndPoint(path),
        { Transport: ConsoleTransport.Tcp, Host: { } host } when port is > 0 and <= IPEndPoint.MaxPort => IPAddress.TryParse(host, out var listens)
            ? new IPEndPoint(Of(listens), port.Value)
            : new DnsEndPoint(host, port.Value),
        _ => null,
    };

    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<Socket> ConnectAsync(EndPoint address, CancellationToken cancellationToken)
    {
        var socket = address switch
        {
            UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            IPEndPoint => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        };

        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
