using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Consoles.Common.Tls;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>Dials a guest's serial console on TCP, and secures it where QEMU does.</summary>
internal sealed class SerialDial(IAgentLines agents, IGuestTrust trust, GuestDial dial, IOptions<GuestTlsOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <exception cref="SerialException">The console cannot be had; the message says why, for the viewer.</exception>
    public async Task<SerialAttachment> AttachAsync(ConsoleTarget target, Incarnation run, IPEndPoint address, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Stream? stream = null;

        if (!target.Endpoint.Tls && !options.Value.AllowsPlain(address.Address))
        {
            throw new SerialException("It offers no TLS, which is required for a console that is dialled over a network.");
        }

        try
        {
            var (handshake, way) = await dial.OpenAsync(target, run, token => GuestRoutes.DialAsync(address, token), step: null, either.Token);
            using var underWay = handshake;
            stream = way;

            if (target.Endpoint.Tls)
            {
                var (roots, own) = trust.Of(target.Node.Name);
                stream = await PeerTls.ConnectAsync(stream, roots, [target.Node.Name, address.Address.ToString()], own, either.Token);
            }

            // After the dialling: a run that goes on now and was reported with this port had it then. Nothing was read or written yet.
            if (await agents.WhyNotAsync(target.Node.Name, run, target.Endpoint.Name, either.Token) is { } whyNot)
            {
                throw new SerialException(whyNot);
            }

            SerialAttachment attachment = target.Endpoint.Telnet ? new TelnetAttachment(stream, peerEscapes: false) : new StreamAttachment(stream);
            stream = null;
            return attachment;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // QEMU accepts one client, and lets the next one wait in the kernel's queue without a word.
            throw stream is null
                ? new SerialException($"Nobody answered within {Limit.TotalSeconds:0} seconds.", inner: e)
                : new SerialException($"QEMU did not answer within {Limit.TotalSeconds:0} seconds: it serves one client, and seems to have one.", held: true, e);
        }
        catch (Exception e) when (e is GuestException or TlsPeerException or CryptographicException or IOException or SocketException)
        {
            throw new SerialException(e.Message, inner: e);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }
}
