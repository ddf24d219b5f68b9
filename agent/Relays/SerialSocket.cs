using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;

namespace Consoles.Agent.Relays;

/// <summary>Connects to a serial console for which QEMU listens, on a unix socket or a TCP port.</summary>
/// <remarks>
/// QEMU serves one client. A second one is connected by the kernel and hears nothing until the first leaves, so it is looked up who
/// is connected, before and after connecting.
/// </remarks>
internal static class SerialSocket
{
    private static readonly TimeSpan AcceptLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <exception cref="SerialException">Another client has it, or it cannot be reached.</exception>
    public static async Task<Stream> ConnectAsync(ConsoleEndpoint console, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AcceptLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            return console.Transport == ConsoleTransport.Unix
                ? await ConnectUnixAsync(console.Path ?? "", either.Token)
                : await ConnectTcpAsync(await AddressAsync(console, either.Token), either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SerialException("QEMU does not take the connection: another client has this console, or QEMU hangs.", held: true, late);
        }
        catch (SocketException fault)
        {
            throw new SerialException($"QEMU could not be reached: {fault.Message}", inner: fault);
        }
    }

    private static async Task<Stream> ConnectUnixAsync(string path, CancellationToken cancellationToken)
    {
        if (path.Length is 0 or >= 108)
        {
            throw new SerialException("The console's socket has no path that can be connected to.");
        }

        if (SocketTable.At(path).Accepted > 0)
        {
            throw Held("another process of this node");
        }

        return await ConnectAsync(new UnixDomainSocketEndPoint(path), _ => SocketTable.At(path).Waiting == 0, cancellationToken);
    }

    private static async Task<Stream> ConnectTcpAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        if (SocketTable.At(address).FirstOrDefault(end => end.Accepted) is { } holder)
        {
            throw Held(holder.Remote.ToString());
        }

        // Where QEMU's end is not to be seen, in a network namespace of its own, it is taken to be accepted.
        return await ConnectAsync(
            address,
            socket => SocketTable.At(address).FirstOrDefault(end => end.Remote.Equals(socket.LocalEndPoint)) is not { Accepted: false },
            cancellationToken);
    }

    private static async Task<Stream> ConnectAsync(EndPoint address, Func<Socket, bool> accepted, CancellationToken cancellationToken)
    {
        var socket = await LocalAddress.ConnectAsync(address, cancellationToken);

        try
        {
            while (!accepted(socket))
            {
                await Task.Delay(Look, cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What listens on every address listens on the loopback one too. An address that is not this node's cannot be QEMU's.</summary>
    private static async Task<IPEndPoint> AddressAsync(ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        if (console is not { Host: { Length: > 0 } host, Port: { } port and > 0 and <= IPEndPoint.MaxPort })
        {
            throw new SerialException("The console has no address that can be connected to.");
        }

        var addresses = IPAddress.TryParse(host, out var given) ? [given] : await Dns.GetHostAddressesAsync(host, cancellationToken);

        var address = addresses
            .Select(LocalAddress.Of)
            .FirstOrDefault(address => IPAddress.IsLoopback(address) || OwnAddresses().Contains(address));

        return address is null ? throw new SerialException("The console's address is not one of this node.") : new IPEndPoint(address, port);
    }

    private static IEnumerable<IPAddress> OwnAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address);

    private static SerialException Held(string holder) =>
        new("Another client is connected to this console, and QEMU serves one at a time. It is opened when that one leaves.", held: true) { Holder = holder };
}
