using System.Text.Json;
using System.Text.RegularExpressions;

namespace Consoles.Broker.Nova.Api;

/// <summary>What a member of a request's body may be, and the words in which Nova says that it is not (those of python-jsonschema).</summary>
internal sealed record JsonRule
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(100);

    /// <summary>JSON Schema's words for types.</summary>
    public required string[] Types { get; init; }

    public string[]? Enum { get; init; }

    public Regex? Pattern { get; init; }

    public int? Minimum { get; init; }

    /// <summary>The members of an object. There may be no others.</summary>
    public IReadOnlyDictionary<string, JsonRule> Members { get; init; } = new Dictionary<string, JsonRule>(StringComparer.Ordinal);

    public string[] Required { get; init; } = [];

    public static JsonRule OneOf(params string[] words) => new() { Types = ["string"], Enum = words };

    public static Regex Matching(string pattern) => new(pattern, RegexOptions.NonBacktracking, MatchLimit);

    /// <summary>An object with one member, as all bodies of this API are.</summary>
    public static JsonRule Body(string name, JsonRule rule) =>
        new() { Types = ["object"], Members = new Dictionary<string, JsonRule>(StringComparer.Ordinal) { [name] = rule }, Required = [name] };

    /// <param name="lenient">Members that are not known are passed over.</param>
    /// <exception cref="NovaFault">400: the value is not what it must be.</exception>
    public void Check(JsonElement value, bool lenient, string? name = null)
    {
        if (!Types.Contains(TypeOf(value)) && !(Types.Contains("number") && TypeOf(value) == "integer"))
        {
            throw Fault(name, value, $"{PythonText.Repr(value)} is not of type {string.Join(", ", Types.Select(type => $"'{type}'"))}");
        }

        if (Enum is not null && !Enum.Contains(value.GetString(), StringComparer.Ordinal))
        {
            throw Fault(name, value, $"{PythonText.Repr(value)} is not one of [{string.Join(", ", Enum.Select(word => $"'{word}'"))}]");
        }

        if (Pattern is not null && value.ValueKind == JsonValueKind.String && !Pattern.IsMatch(value.GetString()!))
        {
            throw Fault(name, value, $"{PythonText.Repr(value)} does not match '{Pattern}'");
        }

        if (Minimum is { } minimum && Number(value) is { } number && number < minimum)
        {
            throw Fault(name, value, $"{PythonText.Repr(value)} is less than the minimum of {minimum}");
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            CheckMembers(value, lenient, name);
        }
    }

    private void CheckMembers(JsonElement value, bool lenient, string? name)
    {
        foreach (var (member, rule) in Members)
        {
            if (value.TryGetProperty(member, out var given))
            {
                rule.Check(given, lenient, member);
            }
        }

        if (Array.Find(Required, member => !value.TryGetProperty(member, out _)) is { } missing)
        {
            throw Fault(name, value, $"'{missing}' is a required property");
        }

        var strangers = value.EnumerateObject().Select(member => member.Name).Where(member => !Members.ContainsKey(member)).Distinct(StringComparer.Ordinal).ToList();

        if (strangers.Count > 0 && !lenient)
        {
            throw Fault(name, value, $"Additional properties are not allowed ({string.Join(", ", strangers.Select(PythonText.Quote))} {(strangers.Count == 1 ? "was" : "were")} unexpected)");
        }
    }

    private static double? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), out var number) ? number
        : null;

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => double.IsInteger(value.GetDouble()) ? "integer" : "number",
        _ => "null",
    };

    private static NovaFault Fault(string? name, JsonElement value, string message) =>
        new(400, name is null ? message : $"Invalid input for field/attribute {name}. Value: {PythonText.Str(value)}. {message}");
}
