using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Tls;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>A channel of a guest after its link stage.</summary>
/// <param name="Own">What the guest can do on a channel of this type.</param>
internal sealed record SpiceLinked(Stream Stream, SpiceCapabilities Own, SpiceEntry Entry, bool Relayed, string Where);

/// <summary>How a channel was let in, which is tried first for the next ones of its session.</summary>
/// <param name="Ticket">QEMU has a ticket, and wanted to see it.</param>
internal readonly record struct SpiceEntry(GuestDoor Door, bool Ticket);

/// <summary>Opens channels of guests: finds the door, secures it, and shows QEMU's ticket.</summary>
internal sealed class SpiceGuests(IGuestRoutes routes, IGuestTrust trust, IConsolePasswords passwords)
{
    /// <param name="first">How another channel of the session was let in; null when this is the first one.</param>
    /// <exception cref="GuestException">There is no way in that policy allows, or QEMU refused.</exception>
    public async Task<SpiceLinked> LinkAsync(ConsoleTarget target, SpiceLinkMessage wanted, SpiceEntry? first, CancellationToken cancellationToken)
    {
        var (endpoint, tried) = (target.Endpoint, new HashSet<GuestDoor>());
        var (door, ticket) = first ?? new SpiceEntry(endpoint is { Port: null, TlsPort: not null } ? GuestDoor.Tls : GuestDoor.Plain, endpoint.PasswordSet);

        while (true)
        {
            tried.Add(door);

            try
            {
                return await LinkAsync(target, new SpiceEntry(door, ticket), wanted, cancellationToken);
            }
            catch (SpiceException refused) when (Other(refused.Fault) is { } other && !tried.Contains(other) && (other == GuestDoor.Plain || endpoint.TlsPort is not null))
            {
                door = other;
            }
            catch (SpiceException refused) when (refused.Fault == SpiceFault.NeedsTicket && !ticket)
            {
                // libvirt tells nobody but a reader of secrets that there is one, and QEMU says so only to whom it refuses.
                ticket = true;
            }
            catch (SpiceException refused) when (refused.Fault == SpiceFault.NeedsTls)
            {
                throw new GuestException(GuestFailure.Tls, $"{refused.Message.TrimEnd('.')}, and there is no TLS port.", refused);
            }
            catch (Exception e) when (e is SpiceException or TlsPeerException or IOException or CryptographicException or ConsolePasswordException)
            {
                throw Failed(e, door);
            }
        }
    }

    private async Task<SpiceLinked> LinkAsync(ConsoleTarget target, SpiceEntry entry, SpiceLinkMessage wanted, CancellationToken cancellationToken)
    {
        var route = await routes.OpenAsync(target, entry.Door, cancellationToken);
        var stream = route.Stream;

        try
        {
            if (entry.Door == GuestDoor.Tls)
            {
                var (roots, own) = trust.Of(target.Node.Name);
                stream = await PeerTls.ConnectAsync(stream, roots, route.Names, own, cancellationToken);
            }
            else if (!route.AllowsPlain)
            {
                throw new SpiceException("TLS is required for this console.", fault: SpiceFault.NeedsTls);
            }

            var reply = await SpiceGuestLink.RunAsync(stream, wanted, token => TicketAsync(target, entry, token), cancellationToken);
            var linked = new SpiceLinked(stream, reply.Own, entry, route.Relayed, route.Where);
            stream = null;
            return linked;
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private Task<string> TicketAsync(ConsoleTarget target, SpiceEntry entry, CancellationToken cancellationToken) =>
        entry.Ticket && target.Domain.Incarnation is { } run
            ? passwords.GetAsync(target.Node.Name, run, target.Endpoint.Name, cancellationToken)
            : Task.FromResult("");

    private static GuestDoor? Other(SpiceFault fault) => fault switch
    {
        SpiceFault.NeedsTls => GuestDoor.Tls,
        SpiceFault.NeedsNoTls => GuestDoor.Plain,
        _ => null,
    };

    public static GuestException Failed(Exception e, GuestDoor? door = null) => e switch
    {
        TlsPeerException => new(GuestFailure.Tls, e.Message, e),
        SpiceException { Fault: SpiceFault.NotAcceptable or SpiceFault.Refused or SpiceFault.NeedsTicket or SpiceFault.NeedsNoTls } => new(GuestFailure.Security, e.Message, e),
        SpiceException { Fault: SpiceFault.Ended } => new(GuestFailure.Unreachable, e.Message, e),
        SpiceException => new(GuestFailure.Protocol, e.Message, e),
        ConsolePasswordException => new(GuestFailure.Security, $"QEMU wants a ticket, and it could not be had: {e.Message}", e),
        CryptographicException when door == GuestDoor.Tls => new(GuestFailure.Tls, $"The broker's own certificates for the guests' side cannot be used: {e.Message}", e),
        _ => new(GuestFailure.Unreachable, $"No connection to the guest's console: {e.Message}", e),
    };
}
