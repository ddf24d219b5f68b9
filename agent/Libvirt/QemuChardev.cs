using System.Text.Json;
using System.Text.Json.Nodes;

namespace Consoles.Agent.Libvirt;

/// <summary>One serial console of a QEMU on TCP inside TLS: who is connected, and its certificate (QMP Reference Manual, character devices).</summary>
/// <param name="monitor">Of the run that has it.</param>
/// <param name="alias">The device's, as serial0. libvirt calls the character device and its certificate after it.</param>
internal sealed class QemuChardev(QemuMonitor monitor, string alias)
{
    private const string Trial = "consoles-trial0";
    private readonly string _id = $"char{alias}";
    private readonly string _credentials = $"objchar{alias}_tls0";

    /// <summary>What QEMU calls the device's present backend, as "disconnected:tls:127.0.0.1:4000,server=on"; null where there is none of that name.</summary>
    public async Task<string?> FilenameAsync(CancellationToken cancellationToken)
    {
        var devices = await monitor.RunAsync("query-chardev", arguments: null, cancellationToken);
        var device = devices.EnumerateArray().FirstOrDefault(device => device.GetProperty("label").GetString() == _id);
        return device.ValueKind == JsonValueKind.Object ? device.GetProperty("filename").GetString() : null;
    }

    /// <summary>Where it reads its certificate from, and whether it asks its client for one; null while it has no certificate.</summary>
    public async Task<(string Directory, bool Verify)?> CredentialsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return ((await GetAsync("dir", cancellationToken)).GetString()!, (await GetAsync("verify-peer", cancellationToken)).GetBoolean());
        }
        catch (QemuException)
        {
            return null;
        }
    }

    /// <summary>Has QEMU load the files as it would for the console, and throws that away again.</summary>
    /// <exception cref="QemuException">It does not like them.</exception>
    public async Task TryAsync(string directory, bool verify, CancellationToken cancellationToken)
    {
        await ForgetTrialAsync(cancellationToken);
        await AddAsync(Trial, directory, verify, cancellationToken);
        await DeleteAsync(Trial, cancellationToken);
    }

    // One that an agent did not live to throw away would pass for a fault of the files, for as long as this QEMU runs.
    private async Task ForgetTrialAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DeleteAsync(Trial, cancellationToken);
        }
        catch (QemuException)
        {
            // There is none, as there should be.
        }
    }

    /// <summary>
    /// Gives the console its certificate anew: its backend is taken away, the certificate replaced, the backend put back. Whoever is connected is cut off.
    /// It may be run again after it was interrupted anywhere.
    /// </summary>
    /// <exception cref="QemuException">QEMU refused a step.</exception>
    public async Task ReplaceAsync(string directory, bool verify, SerialBackend backend, CancellationToken cancellationToken)
    {
        await ChangeAsync(new JsonObject { ["type"] = "null", ["data"] = new JsonObject() }, cancellationToken);

        if (await CredentialsAsync(cancellationToken) is not null)
        {
            await DeleteAsync(_credentials, cancellationToken);
        }

        await AddAsync(_credentials, directory, verify, cancellationToken);
        await ChangeAsync(await SocketAsync(backend, cancellationToken), cancellationToken);
    }

    private async Task<JsonObject> SocketAsync(SerialBackend backend, CancellationToken cancellationToken)
    {
        var data = new JsonObject
        {
            ["addr"] = new JsonObject { ["type"] = "inet", ["data"] = new JsonObject { ["host"] = backend.Host, ["port"] = $"{backend.Port}" } },
            ["server"] = true,
            ["wait"] = false,
            ["telnet"] = backend.Telnet,
            ["tls-creds"] = _credentials,
        };

        // libvirt handed the log over as a descriptor, whose set is known by what it wrote on it.
        if (backend.Logged && await LogSetAsync(cancellationToken) is { } set)
        {
            data["logfile"] = $"/dev/fdset/{set}";
            data["logappend"] = true;
        }

        return new JsonObject { ["type"] = "socket", ["data"] = data };
    }

    private async Task<int?> LogSetAsync(CancellationToken cancellationToken)
    {
        foreach (var set in (await monitor.RunAsync("query-fdsets", arguments: null, cancellationToken)).EnumerateArray())
        {
            if (set.GetProperty("fds").EnumerateArray().Any(descriptor => descriptor.TryGetProperty("opaque", out var opaque) && opaque.GetString() == $"{alias}-log"))
            {
                return set.GetProperty("fdset-id").GetInt32();
            }
        }

        return null;
    }

    private Task<JsonElement> GetAsync(string property, CancellationToken cancellationToken) =>
        monitor.RunAsync("qom-get", new JsonObject { ["path"] = $"/objects/{_credentials}", ["property"] = property }, cancellationToken);

    private Task<JsonElement> ChangeAsync(JsonObject backend, CancellationToken cancellationToken) =>
        monitor.RunAsync("chardev-change", new JsonObject { ["id"] = _id, ["backend"] = backend }, cancellationToken);

    private Task<JsonElement> DeleteAsync(string id, CancellationToken cancellationToken) => monitor.RunAsync("object-del", new JsonObject { ["id"] = id }, cancellationToken);

    private Task<JsonElement> AddAsync(string id, string directory, bool verify, CancellationToken cancellationToken) => monitor.RunAsync(
        "object-add",
        new JsonObject { ["qom-type"] = "tls-creds-x509", ["id"] = id, ["dir"] = directory, ["endpoint"] = "server", ["verify-peer"] = verify },
        cancellationToken);
}

/// <summary>Where a serial console listens.</summary>
/// <param name="Logged">What it prints goes to a file as well.</param>
internal sealed record SerialBackend(string Host, int Port, bool Telnet, bool Logged);
