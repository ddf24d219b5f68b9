using System.Net.Sockets;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Common.Tls;

namespace Consoles.Broker.Sessions;

/// <summary>Opens a guest's VNC console, secures it, and makes sure that it is that guest's.</summary>
internal sealed class VncConnector(
    GuestDial dial, IGuestRoutes routes, IGuestTrust trust, IConsolePasswords passwords, TimeProvider clock, ILogger<VncConnector> logger) : IKindConnector
{
    /// <summary>For everything, from dialling to the guest's proof of who it is. QEMU itself waits for ever.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public ConsoleKind Kind => ConsoleKind.Vnc;

    public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
    {
        if (target.Endpoint.Kind != ConsoleKind.Vnc || target.Domain.Incarnation is not { } run)
        {
            throw new GuestException(GuestFailure.Unreachable, $"Console {target.Endpoint.Name} is not the VNC console of a domain that runs.");
        }

        var attempt = new Attempt(target, run);
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Stream? stream = null;

        try
        {
            var (handshake, route) = await dial.OpenAsync(target, run, token => routes.OpenAsync(target, GuestDoor.Plain, token), step => attempt.Step = step, either.Token);
            using var underWay = handshake;
            stream = route.Stream;
            attempt.Step = "the RFB handshake";
            var guest = await HandshakeAsync(route, attempt, either.Token);
            stream = guest.Stream;
            CheckName(guest.Init.Name, route, attempt);

            var end = new VncGuestEnd(stream, guest.Init, route.Relayed, clock);
            stream = null;
            return end;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GuestException(GuestFailure.Unreachable, $"The guest's console stalled in {attempt.Step}; {Limit.TotalSeconds} seconds are over.", e);
        }
        catch (Exception e) when (e is RfbException or TlsPeerException or SocketException or IOException or CryptographicException or ConsolePasswordException)
        {
            throw attempt.Failed(e);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private Task<RfbGuest> HandshakeAsync(GuestRoute route, Attempt attempt, CancellationToken cancellationToken)
    {
        var policy = new RfbGuestPolicy
        {
            AllowPlain = route.AllowsPlain,
            Secure = async (plain, token) =>
            {
                attempt.Step = "the TLS handshake";
                var (roots, own) = trust.Of(attempt.Target.Node.Name);
                var secured = await PeerTls.ConnectAsync(plain, roots, route.Names, own, token);
                (attempt.Secured, attempt.ShowedCertificate) = (true, own is not null);
                attempt.Step = "the RFB handshake after TLS";
                return secured;
            },
            Password = async token =>
            {
                attempt.AskedForPassword = true;
                attempt.Step = "fetching its password from the node's agent";
                var password = await passwords.GetAsync(attempt.Target.Node.Name, attempt.Run, attempt.Target.Endpoint.Name, token);
                attempt.Step = "authentication";
                return password;
            },
        };

        return RfbGuestHandshake.RunAsync(route.Stream, policy, cancellationToken);
    }

    // QEMU's ui/vnc.c names the desktop after -name guest=..., which libvirt sets to the domain's. TLS proves the node; this proves the guest.
    private void CheckName(string name, GuestRoute route, Attempt attempt)
    {
        var expected = $"QEMU ({attempt.Target.Domain.Name})";

        if (!string.Equals(name, expected, StringComparison.Ordinal))
        {
            // The user has no right to know whose console it is; the operator must.
            logger.WrongGuestAnswered(attempt.Target.Node.Name, route.Where, expected, name.ReplaceControls());
            throw new GuestException(GuestFailure.WrongGuest, "Another guest answered at the address of this one.");
        }
    }

    /// <summary>One attempt and how far it has come, for the sentence that says why it failed. A close frame has room for 123 bytes of it.</summary>
    private sealed class Attempt(ConsoleTarget target, Incarnation run)
    {
        public ConsoleTarget Target { get; } = target;

        public Incarnation Run { get; } = run;

        public string Step { get; set; } = "dialling";

        public bool Secured { get; set; }

        public bool ShowedCertificate { get; set; }

        public bool AskedForPassword { get; set; }

        public GuestException Failed(Exception e) => e switch
        {
            TlsPeerException => new(GuestFailure.Tls, e.Message, e),
            RfbException { Fault: RfbFault.NoTls } => new(GuestFailure.Tls, e.Message, e),
            RfbException { Fault: RfbFault.NotAcceptable or RfbFault.Refused } => new(GuestFailure.Security, e.Message, e),

            // QEMU accepts any certificate in the handshake of TLS itself, judges afterwards, and then closes without a word.
            RfbException { Fault: RfbFault.Ended } when Secured && !AskedForPassword => new(GuestFailure.Tls, RefusedUs, e),
            RfbException { Fault: RfbFault.Ended } => new(GuestFailure.Unreachable, e.Message, e),
            RfbException => new(GuestFailure.Protocol, e.Message, e),
            ConsolePasswordException => new(GuestFailure.Security, $"QEMU wants a password, and it could not be had: {e.Message}", e),
            CryptographicException => new(GuestFailure.Tls, $"The broker's own certificates for the guests' side cannot be used: {e.Message}", e),
            _ => new(GuestFailure.Unreachable, $"No connection to the guest's console: {e.Message}", e),
        };

        private string RefusedUs => ShowedCertificate
            ? "QEMU closed the connection after TLS: it seems not to accept the broker's client certificate."
            : "QEMU closed the connection after TLS: it seems to want a client certificate, and the broker has none.";
    }
}
