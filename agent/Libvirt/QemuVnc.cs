using System.Text.Json;
using System.Text.Json.Nodes;

namespace Consoles.Agent.Libvirt;

/// <summary>The VNC server of one QEMU: who listens and who is connected, its door, and its certificate (QMP Reference Manual, VNC).</summary>
internal sealed class QemuVnc(QemuMonitor monitor)
{
    // What libvirt calls the certificate of its VNC server (qemuBuildGraphicsVNCCommandLine).
    private const string Credentials = "/objects/vnc-tls-creds0";

    public async Task<VncServer> QueryAsync(CancellationToken cancellationToken)
    {
        var servers = (await monitor.RunAsync("query-vnc-servers", arguments: null, cancellationToken)).EnumerateArray().ToList();

        return new VncServer(
            [.. servers.SelectMany(server => server.GetProperty("server").EnumerateArray()).Select(ReadListener)],
            [.. servers.SelectMany(server => server.GetProperty("clients").EnumerateArray()).Select(client => new VncClient(ReadListener(client), Text(client, "x509_dname")))]);
    }

    /// <summary>The directory it reads its certificate from; null where it has none.</summary>
    public async Task<string?> DirectoryAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await monitor.RunAsync("qom-get", new JsonObject { ["path"] = Credentials, ["property"] = "dir" }, cancellationToken)).GetString();
        }
        catch (QemuException)
        {
            // There is no such object: it was started without TLS.
            return null;
        }
    }

    /// <summary>Whether it asks its clients for a certificate, whose name it then shows.</summary>
    public async Task<bool> VerifiesAsync(CancellationToken cancellationToken) =>
        (await monitor.RunAsync("qom-get", new JsonObject { ["path"] = Credentials, ["property"] = "verify-peer" }, cancellationToken)).GetBoolean();

    /// <summary>Has the files of its directory read anew. Whoever is connected stays connected (display-reload, since QEMU 6.0).</summary>
    /// <exception cref="QemuException">The files are not good; what was in use goes on.</exception>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        if (!await monitor.TryReloadGraphicsAsync(cancellationToken))
        {
            await monitor.RunAsync("display-reload", new JsonObject { ["type"] = "vnc", ["tls-certs"] = true }, cancellationToken);
        }
    }

    /// <summary>Listens at these addresses from now on, and nowhere else; at none with an empty list. Its WebSocket listener stays (display-update, since QEMU 7.1).</summary>
    public Task ListenAsync(IEnumerable<VncListener> listeners, CancellationToken cancellationToken) =>
        monitor.RunAsync("display-update", new JsonObject { ["type"] = "vnc", ["addresses"] = new JsonArray([.. listeners.Select(Address)]) }, cancellationToken);

    private static JsonObject Address(VncListener listener) => listener.Family == "unix"
        ? new JsonObject { ["type"] = "unix", ["path"] = listener.Service }
        : new JsonObject { ["type"] = "inet", ["host"] = listener.Host, ["port"] = listener.Service };

    private static VncListener ReadListener(JsonElement of) => new(
        Text(of, "host") ?? "", Text(of, "service") ?? "", Text(of, "family") ?? "", of.TryGetProperty("websocket", out var websocket) && websocket.GetBoolean());

    private static string? Text(JsonElement of, string member) => of.TryGetProperty(member, out var text) ? text.GetString() : null;
}

/// <summary>What query-vnc-servers said.</summary>
internal sealed record VncServer(IReadOnlyList<VncListener> Listeners, IReadOnlyList<VncClient> Clients);

/// <param name="Service">The port, or a unix socket's path.</param>
/// <param name="Family">ipv4, ipv6, unix, vsock or unknown.</param>
internal sealed record VncListener(string Host, string Service, string Family, bool WebSocket);

/// <param name="From">Where it comes from.</param>
/// <param name="X509Name">The distinguished name in the certificate it showed, which QEMU has once its TLS handshake is over; null before, and where none was asked for.</param>
internal sealed record VncClient(VncListener From, string? X509Name)
{
    public bool IsLocal => From.Family is "unix" or "unknown";
}
