namespace Consoles.Broker.Nova.Conf;

/// <summary>One value in a nova.conf.</summary>
/// <param name="Line">Where it begins, from 1.</param>
internal sealed record NovaConfEntry(string Section, string Name, string Value, int Line);

/// <summary>The file is not what it should be. Holds every fault, each with its line.</summary>
internal sealed class NovaConfException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}

/// <summary>Reads a file as oslo.config does: sections, NAME = VALUE or NAME: VALUE, lines that go on after white space, comments of whole lines.</summary>
internal static class NovaConfFile
{
    private const string First = "DEFAULT";

    /// <returns>In the file's order. A name that is there again is listed again: the last counts.</returns>
    /// <exception cref="NovaConfException">Some lines are neither a section, a value nor a comment.</exception>
    public static IReadOnlyList<NovaConfEntry> Read(IEnumerable<string> lines)
    {
        var entries = new List<NovaConfEntry>();
        var faults = new List<string>();
        string? section = null;
        var goesOn = false;
        var number = 0;

        foreach (var line in lines)
        {
            number++;
            var text = line.TrimEnd();

            if (text.Length == 0 || text.TrimStart()[0] is '#' or ';')
            {
                // An empty line ends a value, a comment within one does not.
                goesOn &= text.Length > 0;
            }
            else if (char.IsWhiteSpace(line[0]))
            {
                if (goesOn)
                {
                    entries[^1] = entries[^1] with { Value = $"{entries[^1].Value}\n{text.Trim()}" };
                }
                else
                {
                    faults.Add($"line {number}: begins with white space, and there is no value before it that it could go on with.");
                }
            }
            else if (text[0] == '[')
            {
                goesOn = false;

                if (text.Length > 2 && text[^1] == ']')
                {
                    section = text[1..^1].Trim();
                }
                else
                {
                    faults.Add($"line {number}: expected [SECTION]. Found: {text}.");
                }
            }
            else if (text.IndexOfAny(['=', ':']) is var at && at > 0)
            {
                goesOn = true;
                entries.Add(new NovaConfEntry(section ?? First, text[..at].Trim(), Unquoted(text[(at + 1)..].Trim()), number));

                if (section is null)
                {
                    faults.Add($"line {number}: a value stands before the first [SECTION].");
                }
            }
            else
            {
                goesOn = false;
                faults.Add($"line {number}: expected NAME = VALUE. Found: {text}.");
            }
        }

        return faults.Count == 0 ? entries : throw new NovaConfException(faults);
    }

    private static string Unquoted(string value) => value.Length > 1 && value[0] == value[^1] && value[0] is '"' or '\'' ? value[1..^1] : value;
}
