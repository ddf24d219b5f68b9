using System.Collections.Concurrent;
using System.Net.Sockets;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>Has a running guest's VNC server read its certificate anew, when that is safe.</summary>
/// <remarks>
/// A reload while a client stands in its TLS handshake is a use after free in QEMU 6.0 to 10.1 and ends the guest. On such a QEMU the
/// broker is held, QEMU's port is closed, strangers' connections are ended, and only then is the certificate reloaded and the port opened again.
/// </remarks>
internal sealed class VncReload(
    OpenedGraphics own, HandshakeHold hold, IOptions<RotationOptions> options, TimeProvider clock, ILogger<VncReload> logger)
{
    /// <summary>For all of it, from the closed port to the open one.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    // QEMU takes a moment to notice that a connection was closed, as this agent's own probe's.
    private static readonly TimeSpan LeavingLimit = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(5);
    private static readonly Version FirstFixed = new(10, 2);
    private static readonly Version FirstWithDoor = new(7, 1);

    // Those whose port could not be opened again.
    private readonly ConcurrentDictionary<Incarnation, bool> _stuck = new();

    /// <param name="directory">Where the new files are.</param>
    /// <exception cref="LibvirtException">libvirt does not answer, or the run is over.</exception>
    public async Task<ReloadResult> ReloadAsync(QemuMonitor monitor, Incarnation run, ConsoleEndpoint console, string directory, CancellationToken cancellationToken)
    {
        var vnc = new QemuVnc(monitor);

        try
        {
            if (await vnc.DirectoryAsync(cancellationToken) is { } serves && Path.TrimEndingDirectorySeparator(serves) != Path.TrimEndingDirectorySeparator(directory))
            {
                return ReloadResult.NeedsRestart($"It was started with the certificates in {Printable.Of(serves, 256)}.");
            }

            var version = QemuVersion.Read(await monitor.RunAsync("query-version", arguments: null, cancellationToken));

            if (version.Number >= FirstFixed || options.Value.FixedQemu.Contains(version.Package, StringComparer.Ordinal))
            {
                return await ReloadAsync(vnc, cancellationToken);
            }

            return version.Number >= FirstWithDoor
                ? await ReloadQuietlyAsync(vnc, run, console, cancellationToken)
                : ReloadResult.Pending($"QEMU {version} cannot reload its certificate safely: it is older than 7.1, which could close its port for a moment.");
        }
        catch (QemuException e)
        {
            return ReloadResult.Pending($"QEMU did not say how its VNC server stands: {e.Message}");
        }
    }

    /// <summary>Whether a guest's port is closed that should be open: it is looked at as soon as possible.</summary>
    public bool AnyStuck => !_stuck.IsEmpty;

    /// <summary>Opens a port that an agent closed for a reload and did not live to open again.</summary>
    public async Task RepairAsync(Func<Task<QemuMonitor>> monitor, Incarnation run, ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        if (console is not { Transport: ConsoleTransport.Tcp, Host: { } host, Port: { } port })
        {
            return;
        }

        // One that hangs, or is full, is not asked: its monitor would hang as well.
        if (!await IsRefusedAsync(console, cancellationToken))
        {
            return;
        }

        var vnc = new QemuVnc(await monitor());

        if ((await vnc.QueryAsync(cancellationToken)).Listeners.All(listener => listener.WebSocket))
        {
            await vnc.ListenAsync([new VncListener(host, $"{port}", "", WebSocket: false)], cancellationToken);
            logger.DoorRepaired(console.Name, run.Domain);
        }

        _stuck.TryRemove(run, out _);
    }

    private async Task<ReloadResult> ReloadQuietlyAsync(QemuVnc vnc, Incarnation run, ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        var server = await vnc.QueryAsync(cancellationToken);

        if (server.Listeners.Count == 0)
        {
            return ReloadResult.Pending("Its port is closed at the moment.");
        }

        if (server.Listeners.Any(listener => listener.WebSocket))
        {
            return ReloadResult.Pending("Its WebSocket port cannot be closed for a moment, and a reload during a handshake there would end the guest.");
        }

        // A session is known by the name in its client certificate; where none is asked for, a session cannot be told from a handshake.
        var verifies = await vnc.VerifiesAsync(cancellationToken);
        var began = clock.GetTimestamp();
        var held = await hold.TryTakeAsync(run, console.Name, cancellationToken);

        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

            // The broker counts from when it was asked.
            var left = Limit - clock.GetElapsedTime(began);
            limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            return await BehindClosedDoorAsync(vnc, run, server.Listeners, mayEnd: held && verifies, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ReloadResult.Pending($"Somebody was in a handshake for all of the {Limit.TotalSeconds:0} s for which its port was closed.");
        }
        finally
        {
            if (held)
            {
                await hold.ReleaseAsync(run, console.Name, CancellationToken.None);
            }
        }
    }

    private async Task<ReloadResult> BehindClosedDoorAsync(QemuVnc vnc, Incarnation run, IReadOnlyList<VncListener> listeners, bool mayEnd, CancellationToken cancellationToken)
    {
        // A unix socket is for root and QEMU's user alone, and is left where it is.
        var doors = listeners.Where(listener => listener.Family is not "unix").ToList();

        try
        {
            if (doors.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await vnc.ListenAsync([], CancellationToken.None);
            }

            // The calls that change something are waited for to their end: one that is given up is still made, and then the port is open.
            return await WaitForQuietAsync(vnc, run, doors, mayEnd, cancellationToken) ?? await ReloadAsync(vnc, CancellationToken.None);
        }
        finally
        {
            if (doors.Count > 0)
            {
                await OpenAsync(vnc, run, listeners);
            }
        }
    }

    /// <returns>Null when nobody is in a handshake, and nobody can begin one.</returns>
    private async Task<ReloadResult?> WaitForQuietAsync(QemuVnc vnc, Incarnation run, List<VncListener> doors, bool mayEnd, CancellationToken cancellationToken)
    {
        var ended = false;
        var began = clock.GetTimestamp();

        while (true)
        {
            var clients = (await vnc.QueryAsync(cancellationToken)).Clients.Where(client => client.X509Name is null).ToList();
            var strangers = clients.Where(client => !client.IsLocal).ToList();

            // What libvirt handed to this agent is past all authentication, and has no name either. One that the agent has just closed is listed for a moment longer.
            var local = clients.Count - strangers.Count > own.Count(run);

            if (!local && strangers.Count == 0)
            {
                return null;
            }

            if ((local || !mayEnd) && clock.GetElapsedTime(began) > LeavingLimit)
            {
                return ReloadResult.Pending(local
                    ? "Somebody on the node is connected to it by a socket, and may be in a handshake."
                    : $"{strangers.Count} connections to it may be in a handshake, and are not known to be strangers'.");
            }

            // While somebody on the node may be in a handshake there will be no reload, and nobody is ended for it.
            if (!local && mayEnd && !ended)
            {
                ended = true;
                logger.StrangersEnded(strangers.Count, run.Domain);

                foreach (var door in doors)
                {
                    await StrangerSockets.EndAsync(int.Parse(door.Service, System.Globalization.CultureInfo.InvariantCulture), strangers, cancellationToken);
                }
            }

            await Task.Delay(LookEvery, clock, cancellationToken);
        }
    }

    private static async Task<ReloadResult> ReloadAsync(QemuVnc vnc, CancellationToken cancellationToken)
    {
        try
        {
            await vnc.ReloadAsync(cancellationToken);
            return ReloadResult.Done;
        }
        catch (QemuException e)
        {
            return ReloadResult.Refused($"QEMU refused the new certificate and goes on with the old one: {Printable.Of(e.Message, 512)}");
        }
    }

    // Whatever happened: a guest whose port stays closed is worse than an old certificate. The limit of the rest does not count here.
    private async Task OpenAsync(QemuVnc vnc, Incarnation run, IReadOnlyList<VncListener> listeners)
    {
        var began = clock.GetTimestamp();

        while (true)
        {
            try
            {
                await vnc.ListenAsync(listeners, CancellationToken.None);
                return;
            }
            catch (Exception e) when (e is QemuException or LibvirtException)
            {
                if (clock.GetElapsedTime(began) > OpenLimit)
                {
                    // libvirt is away, or the port was taken: the next look opens it, as soon as there is one.
                    _stuck[run] = true;
                    logger.DoorStuck(run.Domain, e.Message);
                    return;
                }

                await Task.Delay(LookEvery * 10, clock, CancellationToken.None);
            }
        }
    }

    private static async Task<bool> IsRefusedAsync(ConsoleEndpoint console, CancellationToken cancellationToken)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(ConnectLimit);
            using var socket = await LocalAddress.ConnectAsync(LocalAddress.Of(console, console.Port)!, limit.Token);
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
