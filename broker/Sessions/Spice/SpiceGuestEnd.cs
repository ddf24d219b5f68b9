using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>A guest's SPICE console after its proof: the main channel is the session, and admits the others.</summary>
internal sealed class SpiceGuestEnd : GuestEnd, IFurtherChannels
{
    // What a viewer may send at once. spice-server's own limits are lower.
    private const uint MaxOfViewer = 64 * 1024;

    // A main channel measures the network with 250 kB.
    private const uint MaxOfGuest = 1024 * 1024;

    private static readonly SpiceCapabilities MainOfBroker = SpiceCapabilities.Of(SpiceCapabilities.NameAndUuid, SpiceCapabilities.AgentConnectedTokens);

    private readonly SpiceGuests _guests;
    private readonly SpiceLinked _linked;
    private readonly SpiceMainStream _main;
    private readonly SpiceProof _proof;
    private readonly TimeProvider _clock;
    private long _lastInput;

    public SpiceGuestEnd(SpiceGuests guests, SpiceLinked linked, SpiceProof proof, TimeProvider clock)
        : this(guests, linked, new SpiceMainStream(linked.Stream, proof.ForAll), proof, clock)
    {
    }

    private SpiceGuestEnd(SpiceGuests guests, SpiceLinked linked, SpiceMainStream main, SpiceProof proof, TimeProvider clock)
        : base(new SpiceFilter(main, new SpiceMessages(SpiceGuestLink.Peer, SpiceRules.OfGuest, MaxOfGuest)))
    {
        _guests = guests;
        _linked = linked;
        _main = main;
        _proof = proof;
        _clock = clock;
        _lastInput = clock.GetTimestamp();
    }

    public override bool IsForOne => true;

    public override bool Relayed => _linked.Relayed;

    public override long? LastInput => Volatile.Read(ref _lastInput);

    public override async Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken)
    {
        try
        {
            var wanted = await SpiceViewerLink.ReadAsync(viewer, cancellationToken);

            if (wanted is not { Type: SpiceChannelType.Main, ConnectionId: 0 })
            {
                throw new SpiceException($"The viewer began with a {wanted.Type} channel; a SPICE session begins with its main channel.");
            }

            if (!wanted.Own.Has(SpiceCapabilities.AgentConnectedTokens))
            {
                throw new SpiceException("The viewer is too old: it does not know how SPICE tells of the agent in a guest.", fault: SpiceFault.NotAcceptable);
            }

            await SpiceViewerLink.AnswerAsync(viewer, wanted, MainOfBroker, cancellationToken);

            if (wanted.Own.Has(SpiceCapabilities.NameAndUuid))
            {
                _main.Append(_proof.Identity);
            }

            return Filtered(viewer, SpiceChannelType.Main, rights);
        }
        catch (SpiceException e) when (e.Fault == SpiceFault.Ended)
        {
            throw new IOException("The viewer left during SPICE's link stage.", e);
        }
    }

    public async Task<FurtherChannel> OpenAsync(ConsoleTarget target, Stream viewer, ConsoleRights rights, CancellationToken cancellationToken)
    {
        var wanted = await SpiceViewerLink.ReadAsync(viewer, cancellationToken);

        if (!SpiceRules.IsOpened(wanted.Type))
        {
            throw new SpiceException($"The viewer asked for a {wanted.Type} channel, which is not opened here.", fault: SpiceFault.NotAcceptable);
        }

        if (wanted.ConnectionId != _proof.SessionId)
        {
            throw new SpiceException("The viewer asked for a channel of another SPICE session.");
        }

        // Authentication is between guest and broker, and a guest reads the number of a mechanism only from a client that can select one.
        // Short headers are between guest and viewer; a viewer that does not know them was refused above, and such a guest is when it answers.
        var linked = await _guests.LinkAsync(target, wanted with { Common = SpiceCapabilities.OfBroker }, _linked.Entry, cancellationToken);

        try
        {
            // Who answered knows the number of the session, and the QEMU that was proved has not ended since: its port was nobody else's.
            if (_main.Ended)
            {
                throw new GuestException(GuestFailure.Unreachable, "The guest closed its console.");
            }

            await SpiceViewerLink.AnswerAsync(viewer, wanted, linked.Own, cancellationToken);
            return new FurtherChannel($"{wanted.Type}", Filtered(viewer, wanted.Type, rights), linked.Stream);
        }
        catch
        {
            await linked.Stream.DisposeAsync();
            throw;
        }
    }

    private SpiceFilter Filtered(Stream viewer, SpiceChannelType channel, ConsoleRights rights) => new(
        viewer,
        new SpiceMessages(SpiceViewerLink.Peer, SpiceRules.OfViewer(channel, rights), MaxOfViewer),
        () => Volatile.Write(ref _lastInput, _clock.GetTimestamp()));
}
