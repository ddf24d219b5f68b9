using System.Security.Cryptography;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>The link stage with a viewer, in which the broker is the server. The viewer's ticket opens nothing: its WebSocket had to show one of ours.</summary>
internal static class SpiceViewerLink
{
    public const string Peer = "The viewer";

    private static readonly Lazy<byte[]> PublicKey = new(MakePublicKey);

    /// <exception cref="SpiceException">The viewer broke the protocol or the connection, or is too old.</exception>
    public static async Task<SpiceLinkMessage> ReadAsync(Stream viewer, CancellationToken cancellationToken)
    {
        var wanted = await new SpiceWire(viewer, Peer).ReadMessageAsync(cancellationToken);

        return wanted.Common.Has(SpiceCapabilities.MiniHeader)
            ? wanted
            : throw new SpiceException("The viewer is too old: it does not know SPICE's short message headers.", fault: SpiceFault.NotAcceptable);
    }

    /// <summary>Agrees to the link, and takes whatever ticket comes.</summary>
    /// <param name="guest">What the guest can do on this channel.</param>
    /// <exception cref="SpiceException">The viewer broke the protocol or the connection.</exception>
    public static async Task AnswerAsync(Stream viewer, SpiceLinkMessage wanted, SpiceCapabilities guest, CancellationToken cancellationToken)
    {
        var wire = new SpiceWire(viewer, Peer);
        await wire.WriteAsync(SpiceLink.Write(new SpiceLinkReply(SpiceLinkError.Ok, PublicKey.Value, SpiceCapabilities.OfBroker, guest)), cancellationToken);

        if (wanted.Common.Has(SpiceCapabilities.AuthSelection))
        {
            var mechanism = await wire.ReadNumberAsync("how it wants to authenticate", cancellationToken);

            if (mechanism != SpiceCapabilities.AuthSpice)
            {
                throw new SpiceException($"The viewer chose SPICE authentication {mechanism}, which it was not offered.");
            }
        }

        // Not decrypted: nothing in it counts here, and one in 256 that spice-html5 makes could not be (it drops the zeros a number begins with).
        await wire.ReadAsync(SpiceLink.TicketLength, "its ticket", cancellationToken);
        await wire.WriteNumberAsync((uint)SpiceLinkError.Ok, cancellationToken);
    }

    // The length is the protocol's. Nobody has the private half: it is gone when this returns.
    private static byte[] MakePublicKey()
    {
        using var key = RSA.Create(SpiceLink.TicketLength * 8);
        return key.ExportSubjectPublicKeyInfo();
    }
}
