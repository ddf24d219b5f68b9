namespace Consoles.Common.Rfb;

/// <summary>What a server offers before anybody is authenticated. Said in the clear: it may decide what to try, and nothing else.</summary>
/// <param name="Types">As announced, in the server's order.</param>
/// <param name="Subtypes">VeNCrypt's, or empty when VeNCrypt is not among the types. When it is, it has been chosen already: the protocol has no way back.</param>
internal sealed record RfbOffer(Version Version, IReadOnlyList<RfbSecurityType> Types, IReadOnlyList<VeNCryptSubtype> Subtypes)
{
    // RFC 6143 speaks of 3.3, 3.7 and 3.8. The first two have other handshakes and no VeNCrypt in QEMU, which speaks 3.8 since 2007.
    private static readonly Version Spoken = new(3, 8);
    private static readonly Version VeNCryptSpoken = new(0, 2);

    public bool HasVeNCrypt => Types.Contains(RfbSecurityType.VeNCrypt);

    /// <summary>Greets the server and reads its offer. Nothing of anybody's is sent but the version, and the choice of VeNCrypt where there is one.</summary>
    /// <exception cref="RfbException">The server broke the protocol, or offers nothing.</exception>
    public static async Task<RfbOffer> ReadAsync(RfbWire server, CancellationToken cancellationToken)
    {
        var version = await server.ReadAsync<Version?>(
            static (ref reader, out read) => reader.TryReadVersion(out read), "its RFB version", cancellationToken);

        if (version < Spoken)
        {
            throw new RfbException($"The server speaks RFB {version}; 3.8 is needed.", fault: RfbFault.NotAcceptable);
        }

        await server.WriteAsync(static (ref writer) => writer.WriteVersion(), cancellationToken);

        var types = await server.ReadAsync<RfbSecurityType[]?>(
            static (ref reader, out read) => reader.TryReadSecurityTypes(out read), "its security types", cancellationToken);

        return types!.Contains(RfbSecurityType.VeNCrypt)
            ? new RfbOffer(version!, types!, await ReadSubtypesAsync(server, cancellationToken))
            : new RfbOffer(version!, types!, []);
    }

    public override string ToString() => Subtypes.Count == 0 ? string.Join(", ", Types) : $"{string.Join(", ", Types)} ({string.Join(", ", Subtypes)})";

    private static async Task<IReadOnlyList<VeNCryptSubtype>> ReadSubtypesAsync(RfbWire server, CancellationToken cancellationToken)
    {
        await server.WriteAsync(static (ref writer) => writer.WriteSecurityType(RfbSecurityType.VeNCrypt), cancellationToken);

        var version = await server.ReadAsync<Version?>(
            static (ref reader, out read) => reader.TryReadVeNCryptVersion(out read), "its VeNCrypt version", cancellationToken);

        if (version < VeNCryptSpoken)
        {
            throw new RfbException($"The server speaks VeNCrypt {version}; 0.2 is needed.", fault: RfbFault.NotAcceptable);
        }

        await server.WriteAsync(static (ref writer) => writer.WriteVeNCryptVersion(), cancellationToken);

        var accepted = await server.ReadAsync<bool>(
            static (ref reader, out read) => reader.TryReadVeNCryptVersionAccepted(out read), "its answer to VeNCrypt 0.2", cancellationToken);

        if (!accepted)
        {
            throw new RfbException("The server refuses VeNCrypt 0.2.", fault: RfbFault.NotAcceptable);
        }

        return (await server.ReadAsync<VeNCryptSubtype[]?>(
            static (ref reader, out read) => reader.TryReadVeNCryptSubtypes(out read), "its VeNCrypt subtypes", cancellationToken))!;
    }

    /// <summary>Chooses a subtype. When this returns, the server waits for TLS.</summary>
    /// <exception cref="RfbException">The server does not go on with it.</exception>
    public static async Task BeginTlsAsync(RfbWire server, VeNCryptSubtype subtype, CancellationToken cancellationToken)
    {
        await server.WriteAsync((ref writer) => writer.WriteVeNCryptSubtype(subtype), cancellationToken);

        var accepted = await server.ReadAsync<bool>(
            static (ref reader, out read) => reader.TryReadVeNCryptSubtypeAccepted(out read), "its answer to the VeNCrypt subtype", cancellationToken);

        if (!accepted)
        {
            throw new RfbException($"The server refuses the VeNCrypt subtype {subtype}, which it had offered.", fault: RfbFault.Refused);
        }
    }
}
