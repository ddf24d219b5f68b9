using System.Globalization;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>What the Keystone front answers (OpenStack Identity API v3).</summary>
internal static class IdentityAnswers
{
    private const string Region = "RegionOne";

    private static readonly string[] Interfaces = ["public", "internal", "admin"];

    public static JsonObject Error(int status, string message) =>
        new() { ["error"] = new JsonObject { ["code"] = status, ["message"] = message, ["title"] = TitleOf(status) } };

    public static JsonObject Version(string root) => new()
    {
        ["version"] = new JsonObject
        {
            ["id"] = "v3.14",
            ["status"] = "stable",
            ["updated"] = "2020-04-07T00:00:00Z",
            ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = $"{root}/v3/" }),
            ["media-types"] = new JsonArray(new JsonObject { ["base"] = "application/json", ["type"] = "application/vnd.openstack.identity-v3+json" }),
        },
    };

    public static JsonObject Token(IdentityToken token, ApiKey key, string root)
    {
        var body = new JsonObject
        {
            ["methods"] = new JsonArray(token.Method),
            ["user"] = new JsonObject { ["id"] = key.Id, ["name"] = key.Name, ["domain"] = Domain(), ["password_expires_at"] = null },
            ["audit_ids"] = new JsonArray(token.AuditId),
            ["issued_at"] = Time(token.IssuedAt),
            ["expires_at"] = Time(token.ExpiresAt),
            ["project"] = Project(),
            ["is_domain"] = false,
            ["roles"] = Roles(key.Role),
            ["catalog"] = Catalog(root),
        };

        if (token.Method == "application_credential")
        {
            body["application_credential"] = new JsonObject { ["id"] = key.Id, ["name"] = key.Name, ["restricted"] = true };
        }

        return new JsonObject { ["token"] = body };
    }

    public static JsonObject Project() => new() { ["id"] = NovaCaller.OwnProjectId, ["name"] = NovaCaller.OwnProjectName, ["domain"] = Domain() };

    /// <summary>The one project there is, as a list.</summary>
    public static JsonObject Projects(string self) => new()
    {
        ["projects"] = new JsonArray(new JsonObject
        {
            ["id"] = NovaCaller.OwnProjectId,
            ["name"] = NovaCaller.OwnProjectName,
            ["domain_id"] = "default",
            ["parent_id"] = "default",
            ["enabled"] = true,
            ["is_domain"] = false,
            ["description"] = "",
        }),
        ["links"] = new JsonObject { ["self"] = self, ["previous"] = null, ["next"] = null },
    };

    public static JsonArray Catalog(string root) => new(Service("compute", "nova", $"{root}/v2.1"), Service("identity", "keystone", $"{root}/v3"), Service("image", "glance", $"{root}/image"));

    private static JsonObject Service(string type, string name, string url) => new()
    {
        ["id"] = name,
        ["type"] = type,
        ["name"] = name,
        ["endpoints"] = new JsonArray([.. Interfaces.Select(use => new JsonObject
        {
            ["id"] = $"{name}-{use}",
            ["interface"] = use,
            ["region"] = Region,
            ["region_id"] = Region,
            ["url"] = url,
        })]),
    };

    // As in Keystone, a role implies those below it.
    private static JsonArray Roles(ApiRole role)
    {
        string[] names = role switch
        {
            ApiRole.Admin => ["admin", "member", "reader"],
            ApiRole.Operator => ["member", "reader"],
            _ => ["reader"],
        };

        return new JsonArray([.. names.Select(name => new JsonObject { ["id"] = name, ["name"] = name })]);
    }

    private static JsonObject Domain() => new() { ["id"] = "default", ["name"] = "Default" };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static string TitleOf(int status) => status switch
    {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        405 => "Method Not Allowed",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
}
