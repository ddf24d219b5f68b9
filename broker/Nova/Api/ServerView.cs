using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Nova.Api;

/// <summary>A domain as a server of Nova's.</summary>
internal static class ServerView
{
    /// <summary>libvirt does not say when a domain was defined, and clients want a time.</summary>
    private const string Unknown = "1970-01-01T00:00:00Z";

    public static JsonObject Brief(NovaRequest request, DomainReport domain) =>
        new() { ["id"] = domain.Id.ToString(), ["name"] = domain.Name, ["links"] = Links(request, domain) };

    public static JsonObject Whole(NovaRequest request, Server shown, bool single)
    {
        var (node, domain, heard, _) = shown;
        var state = shown.State;
        var version = request.Version;
        var admin = request.Caller.IsAtLeast(ApiRole.Admin);
        var host = node.Identity.Name;

        var server = new JsonObject
        {
            ["id"] = domain.Id.ToString(),
            ["name"] = domain.Name,
            ["status"] = state.Status,
            ["tenant_id"] = request.Caller.ProjectId,
            ["user_id"] = request.Caller.UserId,
            ["metadata"] = new JsonObject(),
            ["hostId"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Caller.ProjectId + host)))[..56],
            ["image"] = "",
            ["flavor"] = Flavors.OfServer(request),
            ["created"] = Unknown,
            ["updated"] = node.HeardAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["addresses"] = new JsonObject(),
            ["accessIPv4"] = "",
            ["accessIPv6"] = "",
            ["links"] = Links(request, domain),
            ["OS-DCF:diskConfig"] = "MANUAL",
            ["OS-EXT-AZ:availability_zone"] = "nova",
            ["config_drive"] = "",
            ["key_name"] = null,
            ["OS-SRV-USG:launched_at"] = null,
            ["OS-SRV-USG:terminated_at"] = null,
            ["OS-EXT-STS:task_state"] = state.Task,
            ["OS-EXT-STS:vm_state"] = state.Vm,
            ["OS-EXT-STS:power_state"] = state.Power,
            ["os-extended-volumes:volumes_attached"] = new JsonArray(),
        };

        if (state.Status == "ACTIVE")
        {
            server["progress"] = 0;
        }

        if (admin)
        {
            server["OS-EXT-SRV-ATTR:host"] = host;
            server["OS-EXT-SRV-ATTR:instance_name"] = domain.Name;
            server["OS-EXT-SRV-ATTR:hypervisor_hostname"] = host;
        }

        foreach (var (_, name, value) in Later(domain, heard).Where(later => version.Since(later.Minor)))
        {
            if ((admin || !ForAdmins(name, version)) && (single || name != "server_groups"))
            {
                server[name] = value;
            }
        }

        return server;
    }

    // What came with later revisions.
    private static (int Minor, string Name, JsonNode? Value)[] Later(DomainReport domain, bool heard) =>
    [
        (3, "OS-EXT-SRV-ATTR:reservation_id", ""),
        (3, "OS-EXT-SRV-ATTR:launch_index", 0),
        (3, "OS-EXT-SRV-ATTR:hostname", domain.Name),
        (3, "OS-EXT-SRV-ATTR:kernel_id", ""),
        (3, "OS-EXT-SRV-ATTR:ramdisk_id", ""),
        (3, "OS-EXT-SRV-ATTR:root_device_name", null),
        (3, "OS-EXT-SRV-ATTR:user_data", null),
        (9, "locked", false),
        (16, "host_status", heard ? "UP" : "UNKNOWN"),
        (19, "description", null),
        (26, "tags", new JsonArray()),
        (63, "trusted_image_certificates", null),
        (71, "server_groups", new JsonArray()),
        (73, "locked_reason", null),
        (96, "pinned_availability_zone", null),
        (100, "scheduler_hints", new JsonObject()),
    ];

    // 2.90 told everybody the name that the guest gives itself.
    private static bool ForAdmins(string name, Microversion version) =>
        name == "host_status" || (name.StartsWith("OS-EXT-SRV-ATTR:", StringComparison.Ordinal) && !(name.EndsWith(":hostname", StringComparison.Ordinal) && version.Since(90)));

    private static JsonArray Links(NovaRequest request, DomainReport domain) => new(
        new JsonObject { ["rel"] = "self", ["href"] = $"{request.Root}/servers/{domain.Id}" },
        new JsonObject { ["rel"] = "bookmark", ["href"] = $"{request.Base}/servers/{domain.Id}" });
}
