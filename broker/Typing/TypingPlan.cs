using System.Text;
using Consoles.Common.Link;

namespace Consoles.Broker.Typing;

/// <summary>A text as the strokes that type it. What they spell may be a password: it does not print.</summary>
internal sealed class TypingPlan
{
    // How many strokes there are up to the end of each character.
    private readonly IReadOnlyList<int> _ends;

    private TypingPlan(IReadOnlyList<KeyStroke> strokes, IReadOnlyList<int> ends) => (Strokes, _ends) = (strokes, ends);

    public IReadOnlyList<KeyStroke> Strokes { get; }

    public int Characters => _ends.Count;

    /// <summary>Keys that are pressed together.</summary>
    public static TypingPlan Of(KeyStroke keys) => new([keys], [1]);

    /// <summary>The strokes for a text, or what of it cannot be typed. A line's end is one Enter, however it is written.</summary>
    public static (TypingPlan? Plan, IReadOnlyList<Untypable> Refused) Of(string text, KeyboardLayout layout)
    {
        var strokes = new List<KeyStroke>();
        var ends = new List<int>();
        var refused = new List<Untypable>();
        var position = 0;
        var afterReturn = false;

        foreach (var character in text.EnumerateRunes())
        {
            position++;

            if (afterReturn && character.Value == '\n')
            {
                // Typed already, with the carriage return before it.
                ends.Add(strokes.Count);
            }
            else if (layout.TryType(character, out var keys))
            {
                strokes.AddRange(keys);
                ends.Add(strokes.Count);
            }
            else
            {
                refused.Add(new Untypable(position, character));
            }

            afterReturn = character.Value == '\r';
        }

        return refused.Count > 0 ? (null, refused) : (new TypingPlan(strokes, ends), []);
    }

    /// <summary>How many characters are whole after so many strokes.</summary>
    public int CharactersIn(int strokes) => _ends.Count(end => end <= strokes);
}

/// <summary>A character that a layout cannot type.</summary>
/// <param name="Position">Which of the text's characters it is, the first being 1. Characters are Unicode's code points: an emoji is one, also where UTF-16 takes two units.</param>
internal sealed record Untypable(int Position, Rune Character)
{
    /// <summary>Such as U+20AC.</summary>
    public string Code => $"U+{Character.Value:X4}";
}
