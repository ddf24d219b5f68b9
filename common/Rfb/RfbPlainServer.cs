namespace Consoles.Common.Rfb;

/// <summary>
/// The server's side of the RFB 3.8 security handshake with viewers that come by themselves: VeNCrypt 0.2 with X509Plain, and nothing else. One offer, since
/// viewers differ in which of several they take (rfbproto, "VeNCrypt"). In every step a viewer that cannot be served is told why, where the protocol has words.
/// </summary>
/// <remarks>The steps, in order: <see cref="GreetAsync"/>, <see cref="AgreeAsync"/>, TLS, which is the caller's, <see cref="ReadCredentialsAsync"/>, and the result.</remarks>
internal static class RfbPlainServer
{
    // Characters, of which each takes three bytes at most.
    private const int MaxReason = 300;

    private static readonly Version Spoken = new(3, 8);
    private static readonly Version VeNCryptSpoken = new(0, 2);

    /// <summary>Tells the viewer what is spoken, and reads what it speaks.</summary>
    /// <param name="refusal">Why no viewer is served now, or null.</param>
    /// <exception cref="RfbException">The viewer is refused, broke the protocol, or left.</exception>
    public static async Task GreetAsync(Stream viewer, string? refusal, CancellationToken cancellationToken)
    {
        var wire = new RfbWire(viewer);
        await wire.WriteAsync(static (ref writer) => writer.WriteVersion(), cancellationToken);

        var version = (await wire.ReadAsync<Version?>(
            static (ref reader, out read) => reader.TryReadVersion(out read), "its RFB version", cancellationToken))!;

        refusal ??= version == Spoken ? null : $"RFB {Spoken} is needed here, with TLS, and this viewer speaks {version}.";

        if (refusal is not null)
        {
            await wire.WriteAsync((ref writer) => writer.WriteNoSecurityType(version, refusal), cancellationToken);
            throw new RfbException(refusal, fault: RfbFault.NotAcceptable);
        }
    }

    /// <summary>Agrees with the viewer on X509Plain. When this returns, the viewer begins with TLS.</summary>
    /// <exception cref="RfbException">The viewer wants something else, broke the protocol, or left.</exception>
    public static async Task AgreeAsync(Stream viewer, CancellationToken cancellationToken)
    {
        var wire = new RfbWire(viewer);
        await wire.WriteAsync(static (ref writer) => writer.WriteSecurityTypes([RfbSecurityType.VeNCrypt]), cancellationToken);

        var chosen = await wire.ReadAsync<RfbSecurityType>(
            static (ref reader, out read) => reader.TryReadSecurityType(out read), "its choice of security", cancellationToken);

        if (chosen != RfbSecurityType.VeNCrypt)
        {
            // CVE-2006-2369 was a server that let the client have what it had not offered.
            await RefuseAsync(viewer, "That security type was not offered.", cancellationToken);
            throw new RfbException($"The viewer chose the security type {chosen}, which it was not offered.", fault: RfbFault.NotAcceptable);
        }

        await wire.WriteAsync(static (ref writer) => writer.WriteVeNCryptVersion(), cancellationToken);

        var version = await wire.ReadAsync<Version?>(
            static (ref reader, out read) => reader.TryReadVeNCryptVersion(out read), "its VeNCrypt version", cancellationToken);

        await wire.WriteAsync((ref writer) => writer.WriteVeNCryptVersionAccepted(version == VeNCryptSpoken), cancellationToken);

        if (version != VeNCryptSpoken)
        {
            throw new RfbException($"The viewer answers VeNCrypt {VeNCryptSpoken} with {version}.", fault: RfbFault.NotAcceptable);
        }

        await wire.WriteAsync(static (ref writer) => writer.WriteVeNCryptSubtypes([VeNCryptSubtype.X509Plain]), cancellationToken);

        var subtype = await wire.ReadAsync<VeNCryptSubtype>(
            static (ref reader, out read) => reader.TryReadVeNCryptSubtype(out read), "its choice of a VeNCrypt subtype", cancellationToken);

        await wire.WriteAsync((ref writer) => writer.WriteVeNCryptSubtypeAccepted(subtype == VeNCryptSubtype.X509Plain), cancellationToken);

        if (subtype != VeNCryptSubtype.X509Plain)
        {
            throw new RfbException($"The viewer chose the VeNCrypt subtype {subtype}, which it was not offered.", fault: RfbFault.NotAcceptable);
        }
    }

    /// <param name="secured">The viewer's connection inside TLS.</param>
    /// <exception cref="RfbException">The viewer sends more than may be, or left.</exception>
    public static async Task<RfbCredentials> ReadCredentialsAsync(Stream secured, CancellationToken cancellationToken)
    {
        try
        {
            return (await new RfbWire(secured).ReadAsync<RfbCredentials?>(
                static (ref reader, out read) => reader.TryReadCredentials(out read), "its user name and password", cancellationToken))!;
        }
        catch (RfbException e) when (e.Fault == RfbFault.Protocol)
        {
            await RefuseAsync(secured, e.Message, cancellationToken);
            throw;
        }
    }

    /// <summary>Tells the viewer that its security handshake failed, and why (section 7.1.3). A reason that quotes a guest may be longer than is sent.</summary>
    public static Task RefuseAsync(Stream viewer, string reason, CancellationToken cancellationToken) =>
        new RfbWire(viewer).WriteAsync((ref writer) => writer.WriteSecurityResult(reason.Length > MaxReason ? reason[..MaxReason] + "…" : reason), cancellationToken);
}
