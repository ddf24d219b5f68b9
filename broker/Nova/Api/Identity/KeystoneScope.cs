using System.Text.Json;
using Consoles.Broker.Access;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>What a token of Keystone's stands for here: its roles count for what they are given in, a project or the whole system (Identity API v3, authentication and token management).</summary>
internal sealed class KeystoneScope(NovaKeystoneOptions options)
{
    private readonly string[] _admin = Said(options.AdminRoles, "admin");
    private readonly string[] _member = Said(options.MemberRoles, "member");
    private readonly string[] _reader = Said(options.ReaderRoles, "reader");

    /// <summary>Null: nothing is allowed. Whoever administers a domain of Keystone's has no guest by that.</summary>
    public ApiRole? RoleOf(JsonElement token)
    {
        if (!Counts(token))
        {
            return null;
        }

        var roles = token.TryGetProperty("roles", out var list) ? list.EnumerateArray().Select(role => role.GetProperty("name").GetString() ?? "").ToList() : [];

        return Has(roles, _admin) ? ApiRole.Admin
            : Has(roles, _member) ? ApiRole.Operator
            : Has(roles, _reader) ? ApiRole.Viewer
            : null;
    }

    public static string Text(JsonElement value, string name) => At(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private bool Counts(JsonElement token)
    {
        if (At(At(token, "system"), "all").ValueKind == JsonValueKind.True)
        {
            return true;
        }

        var project = At(token, "project");

        // A project that acts as a domain is a domain.
        if (project.ValueKind != JsonValueKind.Object || At(token, "is_domain").ValueKind == JsonValueKind.True)
        {
            return false;
        }

        // A name is unique within a domain alone: elsewhere, others may give it to a project of theirs.
        return options.Projects.Length == 0
            || options.Projects.Contains(Text(project, "id"), StringComparer.Ordinal)
            || (Text(At(project, "domain"), "name") == options.ProjectDomain && options.Projects.Contains(Text(project, "name"), StringComparer.Ordinal));
    }

    private static JsonElement At(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found) ? found : default;

    private static string[] Said(string[]? roles, string otherwise) => roles is null ? [otherwise] : [.. roles.Where(role => role.Length > 0)];

    // Keystone's role names do not differ by case alone.
    private static bool Has(List<string> roles, string[] wanted) => roles.Exists(role => wanted.Contains(role, StringComparer.OrdinalIgnoreCase));
}
