using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Nova.Api;

/// <summary>Lists domains as servers, and shows one.</summary>
internal sealed class ServerLists(ConsoleDirectory directory)
{
    private const int MaxPage = 1000;

    // From 2.75 on, what the API does not know is refused; before, it was passed over.
    private static readonly HashSet<string> KnownFilters = new(StringComparer.Ordinal)
    {
        "access_ip_v4", "access_ip_v6", "all_tenants", "auto_disk_config", "availability_zone", "block_device_mapping", "changes-before", "changes-since", "config_drive", "created_at",
        "deleted", "description", "display_description", "display_name", "flavor", "host", "hostname", "image", "image_ref", "info_cache", "ip", "ip6", "kernel_id", "key_name", "launch_index",
        "launched_at", "limit", "locked", "locked_by", "marker", "metadata", "name", "node", "not-tags", "not-tags-any", "pci_devices", "power_state", "progress", "project_id", "ramdisk_id",
        "reservation_id", "root_device_name", "security_groups", "services", "soft_deleted", "sort_dir", "sort_key", "status", "system_metadata", "tags", "tags-any", "task_state", "tenant_id",
        "terminated_at", "user_id", "uuid", "vm_state",
    };

    /// <exception cref="NovaFault">400, 403.</exception>
    public JsonObject List(NovaRequest request, bool detail)
    {
        var policy = $"os_compute_api:servers:{(detail ? "detail" : "index")}";
        request.Demand(ApiRole.Viewer, policy);
        var query = request.Http.Request.Query;

        if (request.Version.Since(75) && query.Keys.FirstOrDefault(key => !KnownFilters.Contains(key)) is { } stranger)
        {
            throw new NovaFault(400, $"Additional properties are not allowed ('{stranger}' was unexpected)");
        }

        if (ServerFilters.IsTrue(query["all_tenants"].LastOrDefault() ?? "") || (query["all_tenants"] is [""]))
        {
            request.Demand(ApiRole.Admin, policy + ":get_all_tenants");
        }

        var limit = Math.Min(Number(query["limit"].LastOrDefault()) ?? MaxPage, MaxPage);
        var found = ServerFilters.Apply(request, Server.Of(Known()).OrderBy(item => item.Domain.Name, StringComparer.Ordinal).ThenBy(item => item.Domain.Id.Uuid)).ToList();

        if (query["sort_dir"] is ["desc", ..] && query["sort_key"] is ["display_name" or "name" or "uuid", ..])
        {
            found.Reverse();
        }

        if (query["marker"].LastOrDefault() is { } marker)
        {
            var at = found.FindIndex(item => item.Domain.Id.ToString() == marker);
            found = at >= 0 ? found[(at + 1)..] : throw new NovaFault(400, $"marker [{marker}] not found");
        }

        var page = found.Take(limit).ToList();

        var answer = new JsonObject
        {
            ["servers"] = new JsonArray([.. page.Select(item => detail ? ServerView.Whole(request, item, single: false) : ServerView.Brief(request, item.Domain))]),
        };

        if (found.Count > limit && page.Count > 0)
        {
            answer["servers_links"] = new JsonArray(new JsonObject { ["rel"] = "next", ["href"] = NextOf(request, detail, page[^1].Domain.Id) });
        }

        return answer;
    }

    /// <exception cref="NovaFault">403, 404.</exception>
    public JsonObject Show(NovaRequest request, string id)
    {
        request.Demand(ApiRole.Viewer, "os_compute_api:servers:show");
        return new JsonObject { ["server"] = ServerView.Whole(request, Find(id), single: true) };
    }

    /// <summary>The one whose console is wanted, where there is no doubt which that is.</summary>
    /// <exception cref="NovaFault">404, 409.</exception>
    public Server FindSettled(string id) =>
        Find(id) is { Migrating: false } server ? server : throw NovaFault.NotReady(id, "the domain is being migrated to another node. Try again when it has arrived.");

    /// <summary>By UUID or, where it is none, by name.</summary>
    /// <exception cref="NovaFault">404: there is none, or several domains have that name.</exception>
    private Server Find(string text)
    {
        var known = DomainId.TryParse(text, null, out var id)
            ? Kept().Where(node => node.Domains.ContainsKey(id)).Select(node => (node, node.Domains[id], directory.IsHeardOf(node)))
            : Known().Where(item => item.Domain.Name == text);

        return Server.Of(Server.Counting(known)).ToList() is [var server] ? server : throw NovaFault.NoServer(text);
    }

    private IEnumerable<(NodeEntry Node, DomainReport Domain, bool Heard)> Known() =>
        from node in Kept()
        let heard = directory.IsHeardOf(node)
        from domain in node.Domains.Values
        select (node, domain, heard);

    private IEnumerable<NodeEntry> Kept() => directory.Nodes.Where(directory.IsKept);

    private static int? Number(string? text) =>
        text is null ? null
        : text.Length > 0 && text.All(char.IsAsciiDigit) ? int.TryParse(text, out var number) ? number : MaxPage
        : throw new NovaFault(400, $"Invalid input for field/attribute limit. Value: {text}. '{text}' does not match '^[0-9]*$'");

    private static string NextOf(NovaRequest request, bool detail, DomainId last)
    {
        var others = request.Http.Request.Query.Where(pair => pair.Key != "marker").SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
        return $"{request.Root}/servers{(detail ? "/detail" : "")}{QueryString.Create(others.Append(KeyValuePair.Create("marker", (string?)last.ToString())))}";
    }
}
