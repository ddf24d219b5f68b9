using System.Text;

namespace Consoles.Agent.Enabling;

/// <summary>The difference of two texts in unified form, as diff -u prints it.</summary>
internal static class TextDiff
{
    private const int Context = 3;

    // Of the table of pairs of lines. Beyond it, what lies between the first and the last difference is shown as replaced.
    private const int MaxPairs = 4_000_000;

    private enum Side
    {
        Both,
        Old,
        New,
    }

    /// <returns>Empty where the texts are the same.</returns>
    public static string Of(string oldName, string oldText, string newName, string newText)
    {
        var lines = Compare(oldText.Split('\n'), newText.Split('\n'));
        var shown = lines.Select((_, index) => lines.Skip(index - Context).Take(Context + Math.Min(index, Context) + 1).Any(line => line.Side != Side.Both)).ToList();

        if (!shown.Contains(true))
        {
            return "";
        }

        var diff = new StringBuilder().Append("--- ").AppendLine(oldName).Append("+++ ").AppendLine(newName);

        for (var start = shown.IndexOf(true); start >= 0; start = shown.IndexOf(true, start))
        {
            var end = shown.IndexOf(false, start) is var hidden and >= 0 ? hidden : lines.Count;
            AppendHunk(diff, lines, start, end);
            start = end;
        }

        return diff.ToString();
    }

    private static void AppendHunk(StringBuilder diff, List<(Side Side, string Text)> lines, int start, int end)
    {
        var (before, hunk) = (lines.Take(start).ToList(), lines[start..end]);
        diff.AppendLine($"@@ -{Range(Side.New)} +{Range(Side.Old)} @@");

        foreach (var (side, text) in hunk)
        {
            diff.Append(side switch { Side.Old => '-', Side.New => '+', _ => ' ' }).AppendLine(text.TrimEnd('\r'));
        }

        string Range(Side other)
        {
            var count = hunk.Count(line => line.Side != other);
            return $"{before.Count(line => line.Side != other) + (count == 0 ? 0 : 1)},{count}";
        }
    }

    private static List<(Side Side, string Text)> Compare(string[] old, string[] fresh)
    {
        var head = old.Zip(fresh).TakeWhile(pair => pair.First == pair.Second).Count();
        var tail = old.Skip(head).Reverse().Zip(fresh.Skip(head).Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        var (left, right) = (old[head..^tail], fresh[head..^tail]);

        return [.. old.Take(head).Select(Same), .. Middle(left, right), .. old.TakeLast(tail).Select(Same)];

        static (Side, string) Same(string line) => (Side.Both, line);
    }

    private static IEnumerable<(Side Side, string Text)> Middle(string[] left, string[] right)
    {
        // How many lines the rest of both have in common, from each pair of lines on.
        var common = (long)left.Length * right.Length > MaxPairs ? null : Common(left, right);

        for (int l = 0, r = 0; l < left.Length || r < right.Length;)
        {
            if (common is not null && l < left.Length && r < right.Length && left[l] == right[r])
            {
                yield return (Side.Both, left[l++]);
                r++;
            }
            else if (l < left.Length && (r == right.Length || common is null || common[l + 1, r] >= common[l, r + 1]))
            {
                yield return (Side.Old, left[l++]);
            }
            else
            {
                yield return (Side.New, right[r++]);
            }
        }
    }

    private static int[,] Common(string[] left, string[] right)
    {
        var common = new int[left.Length + 1, right.Length + 1];

        for (var l = left.Length - 1; l >= 0; l--)
        {
            for (var r = right.Length - 1; r >= 0; r--)
            {
                common[l, r] = left[l] == right[r] ? common[l + 1, r + 1] + 1 : Math.Max(common[l + 1, r], common[l, r + 1]);
            }
        }

        return common;
    }
}
