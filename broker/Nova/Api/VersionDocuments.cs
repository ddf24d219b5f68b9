using System.Text.Json.Nodes;

namespace Consoles.Broker.Nova.Api;

/// <summary>Says which versions of the compute API there are.</summary>
internal static class VersionDocuments
{
    /// <param name="root">How the caller reaches this listener.</param>
    public static JsonObject All(string root) => new()
    {
        ["versions"] = new JsonArray(About("v2.0", [Link(root, "v2")]), About("v2.1", [Link(root, "v2.1")])),
    };

    public static JsonObject One(string root, string version)
    {
        var id = version == "v2" ? "v2.0" : version;
        var about = About(id, [Link(root, version), new JsonObject { ["rel"] = "describedby", ["type"] = "text/html", ["href"] = "http://docs.openstack.org/" }]);
        about["media-types"] = MediaTypes(id);
        return new JsonObject { ["version"] = about };
    }

    /// <summary>Where a path without a version might have meant to go.</summary>
    public static JsonObject Choices(string root, string path) => new()
    {
        ["choices"] = new JsonArray(Choice(root, "v2.0", "v2", path), Choice(root, "v2.1", "v2.1", path)),
    };

    private static JsonObject Choice(string root, string id, string version, string path) => new()
    {
        ["id"] = id,
        ["status"] = Status(id),
        ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = $"{root}/{version}/{Uri.EscapeDataString(path.Trim('/')).Replace("%2F", "/", StringComparison.Ordinal)}" }),
        ["media-types"] = MediaTypes(id),
    };

    private static JsonObject About(string id, JsonArray links) => new()
    {
        ["id"] = id,
        ["status"] = Status(id),
        ["version"] = id == "v2.0" ? "" : Microversion.Latest.ToString(),
        ["min_version"] = id == "v2.0" ? "" : Microversion.Oldest.ToString(),
        ["updated"] = id == "v2.0" ? "2011-01-21T11:33:21Z" : "2013-07-23T11:33:21Z",
        ["links"] = links,
    };

    private static string Status(string id) => id == "v2.0" ? "SUPPORTED" : "CURRENT";

    private static JsonObject Link(string root, string version) => new() { ["rel"] = "self", ["href"] = $"{root}/{version}/" };

    private static JsonArray MediaTypes(string id) => new(new JsonObject
    {
        ["base"] = "application/json",
        ["type"] = $"application/vnd.openstack.compute+json;version={(id == "v2.0" ? "2" : "2.1")}",
    });
}
