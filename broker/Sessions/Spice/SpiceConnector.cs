using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>Opens the main channel of a guest's SPICE console, and makes sure that it is that guest's.</summary>
internal sealed class SpiceConnector(SpiceGuests guests, TimeProvider clock, ILogger<SpiceConnector> logger) : IKindConnector
{
    /// <summary>For everything, from dialling to the guest's proof of who it is. QEMU itself waits for ever.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // The broker's own words and not the viewer's, since a viewer says nothing to a guest that is not proved. A client that does not
    // offer to be migrated is not told where to go; one that asks for the guest's name and UUID is told at once.
    private static readonly SpiceLinkMessage Main = new(
        ConnectionId: 0,
        SpiceChannelType.Main,
        Id: 0,
        SpiceCapabilities.OfBroker,
        SpiceCapabilities.Of(SpiceCapabilities.NameAndUuid, SpiceCapabilities.AgentConnectedTokens));

    public ConsoleKind Kind => ConsoleKind.Spice;

    public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
    {
        if (target.Endpoint.Kind != ConsoleKind.Spice || target.Domain.Incarnation is not { } run)
        {
            throw new GuestException(GuestFailure.Unreachable, $"Console {target.Endpoint.Name} is not the SPICE console of a domain that runs.");
        }

        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        SpiceLinked? linked = null;

        try
        {
            linked = await guests.LinkAsync(target, Main, first: null, either.Token);
            var proof = await SpiceProof.ReadAsync(linked.Stream, either.Token);

            if (proof.Guest != run.Domain)
            {
                // The user has no right to know whose console it is; the operator must.
                logger.WrongSpiceGuestAnswered(target.Node.Name, linked.Where, run.Domain, proof.Guest);
                throw new GuestException(GuestFailure.WrongGuest, "Another guest answered at the address of this one.");
            }

            var end = new SpiceGuestEnd(guests, linked, proof, clock);
            linked = null;
            return end;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GuestException(GuestFailure.Unreachable, $"The guest's console stalled in the SPICE link stage; {Limit.TotalSeconds} seconds are over.", e);
        }
        catch (SpiceException e)
        {
            throw SpiceGuests.Failed(e);
        }
        finally
        {
            if (linked is not null)
            {
                await linked.Stream.DisposeAsync();
            }
        }
    }
}
