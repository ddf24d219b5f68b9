namespace Consoles.Common.Rfb;

/// <summary>The server's side of the RFB 3.8 handshake, with a viewer that has been let in by other means (RFC 6143, section 7.1 to 7.3).</summary>
internal static class RfbViewerHandshake
{
    private static readonly Version Spoken = new(3, 8);

    /// <summary>Runs it, offering None and nothing else. Afterwards the viewer believes that it talks to the guest.</summary>
    /// <param name="init">The guest's own.</param>
    /// <exception cref="RfbException">The viewer broke the protocol, or chose what was not offered, or left.</exception>
    public static async Task RunAsync(Stream viewer, RfbServerInit init, CancellationToken cancellationToken)
    {
        var wire = new RfbWire(viewer);
        await wire.WriteAsync(static (ref writer) => writer.WriteVersion(), cancellationToken);

        var version = await wire.ReadAsync<Version?>(
            static (ref reader, out read) => reader.TryReadVersion(out read), "its RFB version", cancellationToken);

        if (version != Spoken)
        {
            throw new RfbException($"The viewer answers RFB 3.8 with {version}.", fault: RfbFault.NotAcceptable);
        }

        await wire.WriteAsync(static (ref writer) => writer.WriteSecurityTypes([RfbSecurityType.None]), cancellationToken);

        var chosen = await wire.ReadAsync<RfbSecurityType>(
            static (ref reader, out read) => reader.TryReadSecurityType(out read), "its choice of security", cancellationToken);

        if (chosen != RfbSecurityType.None)
        {
            // CVE-2006-2369 was a server that let the client have what it had not offered.
            await wire.WriteAsync(static (ref writer) => writer.WriteSecurityResult("Only the security type 1 (NONE) is supported"), cancellationToken);
            throw new RfbException($"The viewer chose the security type {chosen}, which it was not offered.", fault: RfbFault.NotAcceptable);
        }

        await InitialiseAsync(wire, init, cancellationToken);
    }

    /// <summary>The rest of it, with a viewer that has been through a security handshake already (<see cref="RfbPlainServer"/>) and waits to hear how it went.</summary>
    /// <param name="init">The guest's own.</param>
    /// <exception cref="RfbException">The viewer broke the protocol, or left.</exception>
    public static Task AdmitAsync(Stream viewer, RfbServerInit init, CancellationToken cancellationToken) => InitialiseAsync(new RfbWire(viewer), init, cancellationToken);

    private static async Task InitialiseAsync(RfbWire wire, RfbServerInit init, CancellationToken cancellationToken)
    {
        await wire.WriteAsync(static (ref writer) => writer.WriteSecurityResult(refusal: null), cancellationToken);

        // Whatever it wishes: the guest has been told that its desktop is shared, so no viewer turns another out.
        await wire.ReadAsync<bool>(static (ref reader, out shared) => reader.TryReadClientInit(out shared), "its ClientInit", cancellationToken);
        await wire.WriteAsync((ref writer) => writer.WriteServerInit(init), cancellationToken);
    }
}
