using System.Text.Json;
using System.Text.Json.Nodes;

namespace Consoles.Broker.Nova.Conf;

/// <summary>What becomes of one option.</summary>
/// <param name="Taken">The effective value as our settings have it, a text or a list of texts; null: none.</param>
/// <param name="Place">Where it was said, or that it is Nova's default.</param>
/// <param name="Why">Why it is not taken over, in words; null where it is.</param>
internal sealed record NovaConfOutcome(NovaConfOption Option, object? Taken, string Place, bool IsSaid, string? Why)
{
    /// <summary>The effective value, for people; null: none.</summary>
    public string? Value => Taken is string[] list ? string.Join(", ", list) : (string?)Taken;
}

/// <summary>What a nova.conf says about consoles, and the settings of ours that say the same.</summary>
/// <param name="Settings">Our settings, by name: a text or a list of texts.</param>
/// <param name="Unknown">What stands in the file and is no option of Nova's consoles.</param>
internal sealed record NovaConfImport(IReadOnlyList<NovaConfOutcome> Outcomes, IReadOnlyDictionary<string, object> Settings, IReadOnlyList<string> Unknown)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <exception cref="NovaConfException">Some lines cannot be read, or values are not what they must be.</exception>
    public static NovaConfImport Of(IEnumerable<string> lines)
    {
        var entries = NovaConfFile.Read(lines);

        // The last counts. Names in sections are as they are written; older files write - for _.
        var said = new Dictionary<string, NovaConfEntry>(StringComparer.Ordinal);

        foreach (var entry in entries)
        {
            said[$"[{entry.Section}]{entry.Name.Replace('-', '_')}"] = entry;
        }

        var values = new NovaConfValues(said);
        var outcomes = new List<NovaConfOutcome>();
        var faults = new List<string>();

        foreach (var option in NovaConfOptions.All)
        {
            try
            {
                outcomes.Add(values.Of(option));
            }
            catch (FormatException e)
            {
                var entry = values.EntryOf(option)!;
                faults.Add($"line {entry.Line}: [{entry.Section}]{entry.Name}: expected {e.Message}. Found: {entry.Value}.");
            }
        }

        var known = NovaConfOptions.All.SelectMany(option => option.Names).ToHashSet(StringComparer.Ordinal);

        return faults.Count > 0
            ? throw new NovaConfException(faults)
            : Of(outcomes, [.. said.Where(pair => !known.Contains(pair.Key)).Select(pair => $"line {pair.Value.Line}: {pair.Key}")]);
    }

    /// <summary>The settings as a file that the broker reads.</summary>
    public string ToJson()
    {
        var root = new JsonObject();

        foreach (var (name, value) in Settings)
        {
            var parts = name.Split(':');
            var at = root;

            foreach (var part in parts[..^1])
            {
                at = (JsonObject)(at[part] ??= new JsonObject());
            }

            at[parts[^1]] = value is string[] list ? new JsonArray([.. list.Select(item => JsonValue.Create(item))]) : JsonValue.Create((string)value);
        }

        return root.ToJsonString(Indented);
    }

    private static NovaConfImport Of(List<NovaConfOutcome> read, IReadOnlyList<string> unknown)
    {
        var rules = new NovaConfRules(read);
        var outcomes = read.ConvertAll(outcome => outcome.Why is null && rules.WhyNot(outcome) is { } why ? outcome with { Why = why } : outcome);
        var settings = new Dictionary<string, object>(StringComparer.Ordinal) { ["Nova:Enabled"] = "true" };

        foreach (var outcome in outcomes.Where(outcome => outcome is { Why: null, Taken: not null } && (outcome.IsSaid || !outcome.Option.OnlyWhenSaid)))
        {
            Array.ForEach(outcome.Option.Settings, setting => settings[setting] = outcome.Taken!);
        }

        rules.Switch(outcomes, settings);
        return new NovaConfImport(outcomes, settings, unknown);
    }
}
