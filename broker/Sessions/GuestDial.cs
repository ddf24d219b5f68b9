using System.Net.Sockets;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

/// <summary>Opens the way to a guest's console, past the moments in which its node renews its certificate.</summary>
internal sealed class GuestDial(HandshakeHolds holds, ConsoleDirectory directory, TimeProvider clock)
{
    /// <summary>For how long a closed port is dialled again.</summary>
    /// <remarks>
    /// An agent closes QEMU's port while its certificate is read anew, VNC's and that of a serial line in TLS. It asks for a hold before, which may
    /// not be granted, and on a busy node may be over before the port is open again.
    /// </remarks>
    public static readonly TimeSpan ClosedLimit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="dial">Goes the way once. A port where nobody listens is a <see cref="GuestException"/> of a <see cref="SocketException"/>.</param>
    /// <param name="step">Told what is being done, for the sentence that says why it failed.</param>
    /// <returns>The way, and the handshake that is under way until it is disposed.</returns>
    /// <exception cref="GuestException">There is no way that policy allows, or nobody answers at its end.</exception>
    public async Task<(IDisposable Handshake, T Way)> OpenAsync<T>(
        ConsoleTarget target, Incarnation run, Func<CancellationToken, Task<T>> dial, Action<string>? step, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();

        while (true)
        {
            step?.Invoke("waiting for its node, which renews its certificate");
            var handshake = await holds.EnterAsync(new HeldConsole(target.Node.Name, run, target.Endpoint.Name), cancellationToken);

            try
            {
                step?.Invoke("dialling");
                return (handshake, await dial(cancellationToken));
            }
            catch (GuestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } && MayOpen(target, run, began))
            {
                handshake.Dispose();
            }
            catch
            {
                handshake.Dispose();
                throw;
            }

            // Outside of the handshake, so that a hold can be granted meanwhile.
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    // Only agents that look after certificates close ports, and a run that is over opens none.
    private bool MayOpen(ConsoleTarget target, Incarnation run, long began) =>
        clock.GetElapsedTime(began) < ClosedLimit
        && (target.Endpoint.Kind == ConsoleKind.Vnc || target.Endpoint.Tls)
        && directory.FindNode(target.Node.Name) is { Certificates: not null }
        && directory.Find(run, target.Endpoint.Name) is not null;
}
