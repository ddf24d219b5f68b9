using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>One run of a domain's QEMU, asked in its own protocol (QEMU QMP Reference Manual) through libvirt.</summary>
/// <remarks>libvirt notes each such run down as tainted: it cannot know what QEMU was told.</remarks>
internal sealed class QemuMonitor(LibvirtConnection connection, DomainId id, int liveId)
{
    // VIR_DOMAIN_GRAPHICS_RELOAD_TYPE_VNC of libvirt/libvirt-domain.h.
    private const uint VncReload = 1;

    /// <returns>What the command returned.</returns>
    /// <exception cref="QemuException">QEMU refused; the message is its own.</exception>
    /// <exception cref="LibvirtException">libvirt does not answer, or that run is over.</exception>
    public async Task<JsonElement> RunAsync(string command, JsonObject? arguments, CancellationToken cancellationToken)
    {
        var attempt = $"command the QEMU of domain {id}";
        var request = new JsonObject { ["execute"] = command };

        if (arguments is not null)
        {
            request["arguments"] = arguments;
        }

        var text = request.ToJsonString();

        var answer = await connection.WithRunAsync(
            attempt,
            id,
            liveId,
            (_, domain) => LibvirtQemuNative.MonitorCommand(domain, text, out var said, flags: 0) >= 0 ? said ?? "" : throw LibvirtError.Last(attempt),
            cancellationToken);

        return Read(command, answer);
    }

    /// <summary>Has libvirt reload the certificates of the VNC server (virDomainGraphicsReload, since libvirt 10.2).</summary>
    /// <returns>False: this libvirt cannot.</returns>
    /// <exception cref="QemuException">QEMU refused.</exception>
    public async Task<bool> TryReloadGraphicsAsync(CancellationToken cancellationToken)
    {
        var attempt = $"reload the graphics of domain {id}";

        try
        {
            return await connection.WithRunAsync(
                attempt, id, liveId, (_, domain) => LibvirtNative.ReloadGraphics(domain, VncReload, flags: 0) >= 0 ? true : throw LibvirtError.Last(attempt), cancellationToken);
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
        catch (LibvirtException e) when (e.Code is LibvirtException.InternalError or LibvirtException.OperationFailed && connection.IsOpen)
        {
            throw new QemuException(e.Message, e);
        }
    }

    private static JsonElement Read(string command, string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);

            if (document.RootElement.TryGetProperty("return", out var returned))
            {
                return returned.Clone();
            }

            throw new QemuException(document.RootElement.GetProperty("error").GetProperty("desc").GetString() ?? $"{command} failed");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new QemuException($"{command} was answered with something else than JSON of QMP", e);
        }
    }
}

/// <summary>QEMU refused a command; the message is in its own words.</summary>
internal sealed class QemuException(string message, Exception? inner = null) : Exception(message, inner);
