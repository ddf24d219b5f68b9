using System.Text;

namespace Consoles.Broker.Typing;

/// <summary>Reads a layout's file: a key on each line, with what it gives plain, with Shift, with AltGr and with both.</summary>
/// <remarks>
/// "none" is a place that is not used: because there is nothing, because another key gives the same, or because systems disagree about it.
/// "dead´" is a dead key: by itself it gives nothing, and changes the letter after it.
/// </remarks>
internal static class LayoutFile
{
    private const string Nothing = "none";
    private const string Dead = "dead";

    private static readonly int[][] Levels =
        [[], [KeyNames.LeftShift], [KeyNames.RightAlt], [KeyNames.LeftShift, KeyNames.RightAlt]];

    /// <exception cref="FormatException">A line is wrong, or two keys give the same.</exception>
    public static KeyboardLayout Read(string name, TextReader file)
    {
        var direct = new Dictionary<Rune, int[]>();
        var dead = new Dictionary<Rune, int[]>();

        while (file.ReadLine() is { } line)
        {
            if (!line.StartsWith("# ", StringComparison.Ordinal))
            {
                ReadKey(line, direct, dead);
            }
        }

        return new KeyboardLayout(name, direct, dead);
    }

    private static void ReadKey(string line, Dictionary<Rune, int[]> direct, Dictionary<Rune, int[]> dead)
    {
        var words = line.Split(' ');
        var key = KeyNames.CodeOf(words[0]) ?? throw new FormatException($"No key is called {words[0]}.");

        if (words.Length is < 2 or > 5)
        {
            throw new FormatException($"{words[0]} must give one to four characters: {line}");
        }

        for (var level = 0; level < words.Length - 1; level++)
        {
            var word = words[level + 1];

            if (word == Nothing)
            {
                continue;
            }

            var isDead = word.StartsWith(Dead, StringComparison.Ordinal) && word.Length > Dead.Length;
            var character = isDead ? word[Dead.Length..] : word;

            if (!Rune.TryGetRuneAt(character, 0, out var rune) || rune.Utf16SequenceLength != character.Length || !(isDead ? dead : direct).TryAdd(rune, [.. Levels[level], key]))
            {
                throw new FormatException($"{words[0]}: {word} is not one character, or another key gives it already.");
            }
        }
    }
}
