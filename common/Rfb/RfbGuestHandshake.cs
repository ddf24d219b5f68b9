namespace Consoles.Common.Rfb;

/// <summary>What a handshake with a guest needs and cannot know by itself.</summary>
internal sealed record RfbGuestPolicy
{
    /// <summary>Whether a guest without TLS is acceptable. TLS is chosen all the same wherever it is offered.</summary>
    public required bool AllowPlain { get; init; }

    /// <summary>Makes the stream a TLS one with a peer that has been checked, or throws.</summary>
    public required Func<Stream, CancellationToken, Task<Stream>> Secure { get; init; }

    /// <summary>Fetches the VNC password. Called only when the server asks for one.</summary>
    public required Func<CancellationToken, Task<string>> Password { get; init; }
}

/// <summary>A guest that is ready for messages.</summary>
/// <param name="Stream">Secured when <paramref name="Subtype"/> is not null; nothing after the ServerInit has been read from it.</param>
internal sealed record RfbGuest(Stream Stream, RfbServerInit Init, RfbSecurityType Type, VeNCryptSubtype? Subtype);

/// <summary>The client's side of the RFB 3.8 handshake, with a guest's QEMU (RFC 6143, section 7.1 to 7.3).</summary>
internal static class RfbGuestHandshake
{
    /// <summary>Runs it, from the server's greeting through its ServerInit. The desktop is always asked to be shared.</summary>
    /// <exception cref="RfbException">The guest broke the protocol, or refused, or offers nothing that policy allows.</exception>
    public static async Task<RfbGuest> RunAsync(Stream stream, RfbGuestPolicy policy, CancellationToken cancellationToken)
    {
        var wire = new RfbWire(stream);
        var offer = await RfbOffer.ReadAsync(wire, cancellationToken);

        if (offer.HasVeNCrypt)
        {
            return await RunSecuredAsync(wire, ChooseSubtype(offer), policy, cancellationToken);
        }

        var type = ChooseType(offer, policy.AllowPlain);
        await wire.WriteAsync((ref writer) => writer.WriteSecurityType(type), cancellationToken);
        var init = await AuthenticateAsync(wire, type == RfbSecurityType.VncAuthentication, policy, cancellationToken);
        return new RfbGuest(stream, init, type, Subtype: null);
    }

    // The strongest first: a password as well tells one guest of a node from another.
    private static VeNCryptSubtype ChooseSubtype(RfbOffer offer)
    {
        foreach (var subtype in (ReadOnlySpan<VeNCryptSubtype>)[VeNCryptSubtype.X509Vnc, VeNCryptSubtype.X509None])
        {
            if (offer.Subtypes.Contains(subtype))
            {
                return subtype;
            }
        }

        var anonymous = offer.Subtypes.All(subtype =>
            subtype is VeNCryptSubtype.TlsNone or VeNCryptSubtype.TlsVnc or VeNCryptSubtype.TlsPlain or VeNCryptSubtype.TlsSasl);

        throw anonymous
            ? new RfbException($"The server offers TLS without a certificate only ({offer}), so nobody can tell who answers.", fault: RfbFault.NoTls)
            : new RfbException($"The server offers {offer}; of VeNCrypt, X509Vnc and X509None are spoken here.", fault: RfbFault.NotAcceptable);
    }

    private static RfbSecurityType ChooseType(RfbOffer offer, bool allowPlain)
    {
        if (!allowPlain)
        {
            throw new RfbException($"TLS is required for this console, and the server offers only {offer}.", fault: RfbFault.NoTls);
        }

        foreach (var type in (ReadOnlySpan<RfbSecurityType>)[RfbSecurityType.VncAuthentication, RfbSecurityType.None])
        {
            if (offer.Types.Contains(type))
            {
                return type;
            }
        }

        throw new RfbException($"The server offers {offer}; without TLS, VncAuthentication and None are spoken here.", fault: RfbFault.NotAcceptable);
    }

    private static async Task<RfbGuest> RunSecuredAsync(
        RfbWire wire, VeNCryptSubtype subtype, RfbGuestPolicy policy, CancellationToken cancellationToken)
    {
        await RfbOffer.BeginTlsAsync(wire, subtype, cancellationToken);
        var secured = await policy.Secure(wire.Stream, cancellationToken);

        try
        {
            var init = await AuthenticateAsync(new RfbWire(secured), subtype == VeNCryptSubtype.X509Vnc, policy, cancellationToken);
            return new RfbGuest(secured, init, RfbSecurityType.VeNCrypt, subtype);
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    private static async Task<RfbServerInit> AuthenticateAsync(
        RfbWire wire, bool withPassword, RfbGuestPolicy policy, CancellationToken cancellationToken)
    {
        if (withPassword)
        {
            var challenge = await wire.ReadAsync<byte[]?>(
                static (ref reader, out read) => reader.TryReadChallenge(out read), "a VNC challenge", cancellationToken);

            var password = await policy.Password(cancellationToken);
            var answer = VncPassword.Answer(challenge, password);
            await wire.WriteAsync((ref writer) => writer.WriteChallenge(answer), cancellationToken);
        }

        var refusal = await wire.ReadAsync<string?>(
            static (ref reader, out read) => reader.TryReadSecurityResult(out read), "the result of authentication", cancellationToken);

        if (refusal is not null)
        {
            throw new RfbException($"The server refuses {(withPassword ? "the VNC password" : "the connection")}: {refusal}", fault: RfbFault.Refused);
        }

        await wire.WriteAsync(static (ref writer) => writer.WriteClientInit(shared: true), cancellationToken);

        return (await wire.ReadAsync<RfbServerInit?>(
            static (ref reader, out read) => reader.TryReadServerInit(out read), "its ServerInit", cancellationToken))!;
    }
}
