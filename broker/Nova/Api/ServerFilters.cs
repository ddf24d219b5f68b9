using System.Globalization;
using System.Text.RegularExpressions;
using Consoles.Broker.Access;

namespace Consoles.Broker.Nova.Api;

/// <summary>The filters of a list of servers, which are arguments of its query.</summary>
internal static class ServerFilters
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(100);

    // libvirt and the agent say nothing of these, so whoever looks for one finds none.
    private static readonly string[] OfNone =
    [
        "access_ip_v4", "access_ip_v6", "description", "display_description", "image", "image_ref", "ip", "ip6", "kernel_id", "key_name", "locked_by", "metadata", "ramdisk_id", "reservation_id",
        "root_device_name", "security_groups", "system_metadata", "tags", "tags-any",
    ];

    /// <exception cref="NovaFault">400: a pattern cannot be used. Also while what is returned is gone through.</exception>
    public static IEnumerable<Server> Apply(NovaRequest request, IEnumerable<Server> servers)
    {
        var query = request.Http.Request.Query;
        var admin = request.Caller.IsAtLeast(ApiRole.Admin);
        var name = Pattern(Last("name") ?? Last("display_name"));
        var host = admin ? Last("host") ?? Last("node") : null;

        // What was deleted is known to nobody here.
        if (Array.Exists(OfNone, filter => Last(filter) is not null) || (Last("locked") is { } locked && IsTrue(locked)) || (admin && IsTrue(Last("deleted") ?? "")))
        {
            return [];
        }

        return
            from server in servers
            let state = server.State
            where name is null || IsMatch(name, server.Domain.Name)
            where host is null || server.Node.Identity.Name == host
            where Is("uuid", server.Domain.Id.ToString())
            where Is("status", state.Status) && Is("vm_state", state.Vm) && Is("power_state", state.Power.ToString(CultureInfo.InvariantCulture)) && Is("task_state", state.Task)
            where Is("flavor", Flavors.Id)
            select server;

        string? Last(string filter) => query[filter].LastOrDefault() is { Length: > 0 } value ? value : null;

        // Said several times, each is good.
        bool Is(string filter, string? value) =>
            query[filter].Where(wanted => !string.IsNullOrEmpty(wanted)).ToList() is not { Count: > 0 } wanted || wanted.Contains(value, StringComparer.OrdinalIgnoreCase);
    }

    public static bool IsTrue(string text) => text.ToLowerInvariant() is "1" or "t" or "true" or "on" or "y" or "yes";

    // A caller's pattern must not cost more than its length times the name's: no backtracking.
    private static Regex? Pattern(string? text)
    {
        if (text is null)
        {
            return null;
        }

        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, MatchLimit);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new NovaFault(400, $"Invalid filters: name is no regular expression that can be used. {e.Message}");
        }
    }

    private static bool IsMatch(Regex pattern, string name)
    {
        try
        {
            return pattern.IsMatch(name);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new NovaFault(400, "Invalid filters: name takes too long to compare.");
        }
    }
}
