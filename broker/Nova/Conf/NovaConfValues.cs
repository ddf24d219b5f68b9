using System.Text.RegularExpressions;

namespace Consoles.Broker.Nova.Conf;

/// <summary>What each option is in a file, or by default.</summary>
/// <param name="said">What stands in the file, by [SECTION]NAME.</param>
internal sealed partial class NovaConfValues(IReadOnlyDictionary<string, NovaConfEntry> said)
{
    private const int DeepestSubstitution = 10;
    private const string Default = "Nova's default";

    /// <summary>Where the file says an option, under whichever of its names; null: nowhere, or nothing of it.</summary>
    public NovaConfEntry? EntryOf(NovaConfOption option) => option.Names.Select(said.GetValueOrDefault).FirstOrDefault(found => found is { Value.Length: > 0 });

    /// <exception cref="FormatException">The value of an option that is taken over is not what it must be. The message says what is.</exception>
    public NovaConfOutcome Of(NovaConfOption option)
    {
        var entry = EntryOf(option);
        var place = entry is null ? Default : $"line {entry.Line}";

        if (option.Ignored is { } why)
        {
            // Nova, too, passes over a range that is none.
            return entry is not null && option.Type == NovaConfType.PortRange && !IsSound(option, entry.Value)
                ? new NovaConfOutcome(option, option.Default, $"{Default}: {place} has no range", IsSaid: false, why)
                : new NovaConfOutcome(option, entry?.Value ?? option.Default, place, entry is not null, why);
        }

        var text = entry is null ? option.Default : Substituted(entry.Section, entry.Value, depth: 0);
        return new NovaConfOutcome(option, option.Convert(text), place, entry is not null, entry is null ? option.Unsaid : null);
    }

    private static bool IsSound(NovaConfOption option, string value)
    {
        try
        {
            option.Convert(value);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>$name is the value of that option, of the same section or the first one, $section.name that of another (oslo.config, option value interpolation).</summary>
    private string Substituted(string section, string text, int depth) => Substitution().Replace(text, match =>
    {
        if (match.Value is "$$" or @"\$")
        {
            return "$";
        }

        var name = match.Groups["name"].Value;
        var found = name.Split('.', 2) is [var other, var its] ? Find(other, its) : Find(section, name) ?? Find("DEFAULT", name);

        return found is var (inSection, value) && depth < DeepestSubstitution
            ? Substituted(inSection, value, depth + 1)
            : throw new FormatException($"${name} to be said in the file");
    });

    // What the file does not say of an option that is known is its default.
    private (string Section, string Text)? Find(string section, string name)
    {
        var place = $"[{section}]{name}";

        if (NovaConfOptions.All.FirstOrDefault(option => option.Names.Contains(place, StringComparer.Ordinal)) is { } option)
        {
            return EntryOf(option) is { } entry ? (entry.Section, entry.Value) : option.Default is { } text ? (section, text) : null;
        }

        return said.GetValueOrDefault(place) is { } unknown ? (section, unknown.Value) : null;
    }

    [GeneratedRegex(@"\$\$|\\\$|\$\{(?<name>[A-Za-z_][\w.]*)\}|\$(?<name>[A-Za-z_][\w.]*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Substitution();
}
