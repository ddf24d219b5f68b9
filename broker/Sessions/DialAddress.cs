using System.Net;
using System.Net.Sockets;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

/// <summary>Decides where a console is dialled. A node speaks only of itself: what its agent reports can lead to the node's own addresses and to no other.</summary>
internal static class DialAddress
{
    /// <exception cref="GuestException">There is no address that may be dialled.</exception>
    public static IPEndPoint Of(ConsoleEndpoint console, NodeIdentity node, GuestDoor door = GuestDoor.Plain)
    {
        if (console.Transport != ConsoleTransport.Tcp || (door == GuestDoor.Tls ? console.TlsPort : console.Port) is not (> 0 and <= IPEndPoint.MaxPort and var port))
        {
            throw Refused($"Console {console.Name} has no TCP port that could be dialled.");
        }

        if (!IPAddress.TryParse(console.Host, out var listens))
        {
            throw Refused($"Console {console.Name} listens at {(console.Host is null ? "no address" : "a name and not at an address")}.");
        }

        return new IPEndPoint(Choose(Plain(listens), [.. node.Addresses.Select(Plain)], console, node), port);
    }

    /// <summary>Why the console may not be dialled, in words, or null when it may.</summary>
    public static string? WhyNot(ConsoleEndpoint console, NodeIdentity node, GuestDoor door = GuestDoor.Plain)
    {
        try
        {
            Of(console, node, door);
            return null;
        }
        catch (GuestException refused)
        {
            return refused.Message;
        }
    }

    private static IPAddress Choose(IPAddress listens, IReadOnlyList<IPAddress> addresses, ConsoleEndpoint console, NodeIdentity node)
    {
        // 0.0.0.0 does not listen on IPv6; [::] listens on both.
        if (listens.Equals(IPAddress.Any) || listens.Equals(IPAddress.IPv6Any))
        {
            return addresses.FirstOrDefault(address => listens.Equals(IPAddress.IPv6Any) || address.AddressFamily == AddressFamily.InterNetwork)
                ?? throw Refused($"Console {console.Name} listens on every address of node {node.Name}, and none is known here that fits {listens}.");
        }

        // From here, a loopback address is this machine's and not the node's, unless the node is this machine.
        if (IPAddress.IsLoopback(listens))
        {
            return addresses.Count > 0 && addresses.All(IPAddress.IsLoopback)
                ? listens
                : throw Refused($"Console {console.Name} listens only on node {node.Name} itself ({listens}), which is another machine.");
        }

        return addresses.Contains(listens)
            ? listens
            : throw Refused($"Console {console.Name} listens at {listens}, which is not an address of node {node.Name}.");
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static GuestException Refused(string reason) => new(GuestFailure.Unreachable, reason);
}
