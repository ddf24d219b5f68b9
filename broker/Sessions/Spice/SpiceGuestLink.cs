using System.Security.Cryptography;
using System.Text;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>The link stage with a guest: says which channel is wanted, and shows QEMU's ticket.</summary>
internal static class SpiceGuestLink
{
    public const string Peer = "The guest";

    // spice-server's SPICE_MAX_PASSWORD_LENGTH.
    private const int MaxTicketBytes = 60;

    // The mechanism's number is that of its ability.
    private const uint SpiceTicket = SpiceCapabilities.AuthSpice;

    private const int KeyBits = SpiceLink.TicketLength * 8;

    /// <param name="ticket">Asked for QEMU's ticket when the guest has agreed to the link.</param>
    /// <returns>What the guest can do on this channel.</returns>
    /// <exception cref="SpiceException">The guest broke the protocol or the connection, or refused.</exception>
    public static async Task<SpiceLinkReply> RunAsync(
        Stream stream, SpiceLinkMessage wanted, Func<CancellationToken, Task<string>> ticket, CancellationToken cancellationToken)
    {
        var guest = new SpiceWire(stream, Peer);
        await guest.WriteAsync(SpiceLink.Write(wanted), cancellationToken);
        var reply = await guest.ReadReplyAsync(cancellationToken);

        if (reply.Error != SpiceLinkError.Ok)
        {
            throw Refused(reply.Error, wanted.Type);
        }

        if (!reply.Common.Has(SpiceCapabilities.MiniHeader))
        {
            throw new SpiceException("The guest's SPICE is too old: it does not know short message headers.", fault: SpiceFault.NotAcceptable);
        }

        if (reply.Common.Has(SpiceCapabilities.AuthSelection))
        {
            if (!reply.Common.Has(SpiceCapabilities.AuthSpice))
            {
                throw new SpiceException("The guest's SPICE console wants SASL, which is not spoken here.", fault: SpiceFault.NotAcceptable);
            }

            await guest.WriteNumberAsync(SpiceTicket, cancellationToken);
        }

        await guest.WriteAsync(Encrypt(await ticket(cancellationToken), reply.PublicKey.Span), cancellationToken);
        var result = (SpiceLinkError)await guest.ReadNumberAsync("its answer to the ticket", cancellationToken);

        return result switch
        {
            SpiceLinkError.Ok => reply,
            SpiceLinkError.PermissionDenied => throw new SpiceException("QEMU refuses the SPICE ticket: it has another one, or it has expired.", fault: SpiceFault.NeedsTicket),
            _ => throw Refused(result, wanted.Type),
        };
    }

    private static byte[] Encrypt(string ticket, ReadOnlySpan<byte> publicKey)
    {
        // With the zero that ends it.
        var bytes = Encoding.UTF8.GetBytes(ticket + '\0');

        if (bytes.Length > MaxTicketBytes + 1)
        {
            throw new SpiceException($"QEMU's SPICE ticket is longer than {MaxTicketBytes} bytes, which no SPICE server takes.", fault: SpiceFault.NotAcceptable);
        }

        try
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(publicKey, out _);

            return rsa.KeySize == KeyBits
                ? rsa.Encrypt(bytes, RSAEncryptionPadding.OaepSHA1)
                : throw new SpiceException($"The guest showed an RSA key of {rsa.KeySize} bits for the ticket; SPICE's has {KeyBits}.");
        }
        catch (CryptographicException e)
        {
            throw new SpiceException("The guest showed no usable RSA key for the ticket.", e);
        }
    }

    private static SpiceException Refused(SpiceLinkError error, SpiceChannelType channel) => error switch
    {
        SpiceLinkError.NeedSecured => new($"The guest wants its {channel} channel inside TLS.", fault: SpiceFault.NeedsTls),
        SpiceLinkError.NeedUnsecured => new($"The guest wants its {channel} channel outside of TLS.", fault: SpiceFault.NeedsNoTls),
        SpiceLinkError.BadConnectionId => new("The guest does not know this SPICE session any more.", fault: SpiceFault.Refused),
        SpiceLinkError.ChannelNotAvailable => new($"The guest has no such {channel} channel.", fault: SpiceFault.Refused),
        _ => new($"The guest refused its {channel} channel: {(Enum.IsDefined(error) ? error : $"error {(uint)error}")}.", fault: SpiceFault.Refused),
    };
}
