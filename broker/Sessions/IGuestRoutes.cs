using Consoles.Broker.Nodes;

namespace Consoles.Broker.Sessions;

/// <summary>Opens the way to a graphics console: dials it, or has the node's agent carry it, as policy says.</summary>
internal interface IGuestRoutes
{
    /// <exception cref="GuestException">There is no way that policy allows, or nobody answers at its end.</exception>
    Task<GuestRoute> OpenAsync(ConsoleTarget target, GuestDoor door, CancellationToken cancellationToken);
}

/// <summary>Which of QEMU's doors is meant.</summary>
internal enum GuestDoor
{
    /// <summary>The port without TLS of its own: VNC's, whose handshake may negotiate TLS, and SPICE's plain one. Relayed, it is libvirt's descriptor where there is one.</summary>
    Plain,

    /// <summary>SPICE's TLS port.</summary>
    Tls,
}

/// <summary>An open way to a guest.</summary>
/// <param name="Stream">The bytes of QEMU, nothing read or written yet.</param>
/// <param name="Relayed">An agent carries it: nothing of it crosses a network without TLS.</param>
/// <param name="AllowsPlain">Whether the console may be used without TLS of QEMU's over this way.</param>
/// <param name="Names">Those of which QEMU's certificate must carry one, where it shows one: the node's name, and the address.</param>
/// <param name="Where">For the operator's log.</param>
internal sealed record GuestRoute(Stream Stream, bool Relayed, bool AllowsPlain, IReadOnlyList<string> Names, string Where);
