using System.Net.Sockets;
using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Tls;

namespace Consoles.Agent.Rotation;

/// <summary>What a console showed in a handshake of our own.</summary>
/// <param name="Certificate">Null: none.</param>
/// <param name="Plain">It answered, and offers no TLS with a certificate.</param>
/// <param name="Reason">Why there is no certificate, in words.</param>
internal sealed record Served(ServedCertificate? Certificate, bool Plain, string? Reason, DateTimeOffset At);

/// <summary>Has a console show its certificate, by a real handshake that goes no further.</summary>
internal sealed class ServedProbe(ReadinessProbe vnc, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Whether a certificate can be expected of the console at all.</summary>
    public static bool Asks(ConsoleEndpoint console) => console switch
    {
        { Kind: ConsoleKind.Vnc, Transport: ConsoleTransport.Tcp or ConsoleTransport.Unix } => true,
        { Kind: ConsoleKind.Spice, Transport: ConsoleTransport.Tcp } => true,
        { Kind: ConsoleKind.Serial, Transport: ConsoleTransport.Tcp, Tls: true, Connects: false } => true,
        _ => false,
    };

    public async Task<Served> AskAsync(ConsoleEndpoint console, CancellationToken cancellationToken) => console.Kind switch
    {
        ConsoleKind.Vnc => Of(await vnc.ProbeAsync(console, cancellationToken)),
        ConsoleKind.Spice when console.TlsPort is null => new Served(null, Plain: true, "It has no TLS port.", clock.GetUtcNow()),
        _ => await ShakeHandsAsync(console, console.Kind == ConsoleKind.Spice ? console.TlsPort : console.Port, cancellationToken),
    };

    private Served Of(Readiness? found) => new(
        found?.Certificate, found is { Certificate: null, Security: not ConsoleSecurity.Unreachable }, found?.Reason, found?.ProvedAt ?? clock.GetUtcNow());

    // SPICE's TLS port and a serial console in TLS begin with the handshake.
    private async Task<Served> ShakeHandsAsync(ConsoleEndpoint console, int? port, CancellationToken cancellationToken)
    {
        if (LocalAddress.Of(console, port) is not { } address)
        {
            return Failed("It has no port that could be asked.");
        }

        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            using var socket = await LocalAddress.ConnectAsync(address, either.Token);
            await using var stream = new NetworkStream(socket);
            using var certificate = await PeerTls.ReadCertificateAsync(stream, either.Token);
            return new Served(CertificateText.Describe(certificate), Plain: false, Reason: null, clock.GetUtcNow());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"It did not finish its handshake within {Limit.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is SocketException or TlsPeerException)
        {
            return Failed(e.Message);
        }
    }

    private Served Failed(string reason) => new(null, Plain: false, reason, clock.GetUtcNow());
}
