using System.Globalization;
using System.Text;

namespace Consoles.Agent.Inventory;

/// <summary>Makes foreign text fit for a terminal, a log and a page.</summary>
internal static class Printable
{
    /// <returns>The text, cut at <paramref name="limit"/> characters, with what cannot be seen written as \uXXXX.</returns>
    public static string Of(string text, int limit)
    {
        if (text.Length <= limit && !HasHidden(text))
        {
            return text;
        }

        var shown = new StringBuilder();

        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= limit)
            {
                return shown.Append('…').ToString();
            }

            _ = IsHidden(rune) ? shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}") : shown.Append(rune);
        }

        return shown.ToString();
    }

    /// <summary>Control characters move the cursor; format characters reorder what is read; a lone surrogate is no text.</summary>
    public static bool HasHidden(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsHidden(rune))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsHidden(Rune rune) => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
