using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    // A certificate goes into every report; these hold for any that a person has made.
    private const int MaxNames = 64;

    // RFC 1035, section 2.3.4: no host name is longer.
    private const int MaxNameLength = 255;
    private const int MaxSubjectLength = 256;

    /// <returns>What was found, or null for a console that is not asked: SPICE and serial lines.</returns>
    public async Task<Readiness?> ProbeAsync(ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        if (console.Kind != ConsoleKind.Vnc)
        {
            return null;
        }

        if (Address(console) is not { } address)
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
        using var socket = address is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        await socket.ConnectAsync(address, cancellationToken);
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
        return new Readiness(protection.Security, protection.Reason, clock.GetUtcNow(), Describe(certificate));
    }

    private Readiness Unreachable(string reason) => new(ConsoleSecurity.Unreachable, reason, clock.GetUtcNow());

    // What listens on every address of the node listens on the loopback one too.
    private static EndPoint? Address(ConsoleEndpoint console) => console switch
    {
        { Transport: ConsoleTransport.Unix, Path: { Length: > 0 and < 108 } path } => new UnixDomainSocketEndPoint(path),
        { Transport: ConsoleTransport.Tcp, Host: { } host, Port: { } port and > 0 and <= IPEndPoint.MaxPort } => IPAddress.TryParse(host, out var ip)
            ? new IPEndPoint(ip.Equals(IPAddress.Any) ? IPAddress.Loopback : ip.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : ip, port)
            : new DnsEndPoint(host, port),
        _ => null,
    };

    private static ServedCertificate Describe(X509Certificate2 certificate)
    {
        var subject = certificate.Subject.ReplaceControls();

        return new ServedCertificate(
            Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
            certificate.SerialNumber.ToLowerInvariant(),
            subject.Length <= MaxSubjectLength ? subject : subject[..MaxSubjectLength],
            Names(certificate),
            new DateTimeOffset(certificate.NotBefore).ToUniversalTime(),
            new DateTimeOffset(certificate.NotAfter).ToUniversalTime());
    }

    private static IReadOnlyList<string> Names(X509Certificate2 certificate)
    {
        try
        {
            return [.. PeerNames.Of(certificate).All.Where(name => name.Length <= MaxNameLength).Take(MaxNames)];
        }
        catch (CryptographicException)
        {
            // Names that cannot be read are none: whoever checks the certificate will refuse it and say why.
            return [];
        }
    }
}
