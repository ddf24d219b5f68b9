using System.Net;
using System.Net.Sockets;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Common.Tls;

namespace Consoles.Agent.Inventory;

/// <summary>Asks a VNC console itself how it is protected: a real RFB conversation, up to and not into authentication.</summary>
/// <remarks>qemu.conf and the files on disk may say otherwise; a QEMU goes on with what it was started with.</remarks>
internal sealed class ReadinessProbe(TimeProvider clock)
{
    /// <summary>For the whole conversation. QEMU accepts one connection at a time and has no limit of its own.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <returns>What was found, or null for a console that is not asked: SPICE and serial lines.</returns>
    public async Task<Readiness?> ProbeAsync(ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        if (console.Kind != ConsoleKind.Vnc)
        {
            return null;
        }

        if (LocalAddress.Of(console, console.Port) is not { } address)
        {
            return Unreachable("It has no port or socket that could be asked.");
        }

        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            return await AskAsync(address, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable($"It did not finish its handshake within {Limit.TotalSeconds} seconds.");
        }
        catch (SocketException e)
        {
            return Unreachable($"No connection to {console.Path ?? address.ToString()}: {e.Message}");
        }
        catch (Exception e) when (e is RfbException or TlsPeerException)
        {
            return Unreachable(e.Message);
        }
    }

    private async Task<Readiness> AskAsync(EndPoint address, CancellationToken cancellationToken)
    {
        using var socket = await LocalAddress.ConnectAsync(address, cancellationToken);
        await using var stream = new NetworkStream(socket);

        var wire = new RfbWire(stream);
        var offer = await RfbOffer.ReadAsync(wire, cancellationToken);
        var protection = ConsoleProtection.Of(offer);

        if (protection.Certified is not { } subtype)
        {
            return new Readiness(protection.Security, protection.Reason, clock.GetUtcNow());
        }

        await RfbOffer.BeginTlsAsync(wire, subtype, cancellationToken);
        using var certificate = await PeerTls.ReadCertificateAsync(stream, cancellationToken);
        return new Readiness(protection.Security, protection.Reason, clock.GetUtcNow(), CertificateText.Describe(certificate));
    }

    private Readiness Unreachable(string reason) => new(ConsoleSecurity.Unreachable, reason, clock.GetUtcNow());
}
