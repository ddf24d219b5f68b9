using System.Diagnostics.CodeAnalysis;
using System.Text;
using Consoles.Common.Link;

namespace Consoles.Broker.Typing;

/// <summary>Which keys give which character on a keyboard of some layout. Made so that a Linux console and a desktop of that layout agree about it.</summary>
/// <param name="name">As XKB calls it: de.</param>
/// <param name="direct">What is given by keys pressed together.</param>
/// <param name="dead">The dead keys, by the accent they stand for.</param>
internal sealed class KeyboardLayout(string name, IReadOnlyDictionary<Rune, int[]> direct, IReadOnlyDictionary<Rune, int[]> dead)
{
    // What a Linux console composes by itself (linux/drivers/tty/vt/defkeymap.map, of Latin-1), by the accent and the letter after it; desktops compose more.
    private static readonly Dictionary<Rune, (char Accent, char Letter)> Composed = Compose(
        ('`', "AÀEÈIÌOÒUÙaàeèiìoòuù"),
        ('´', "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyý"),
        ('^', "AÂEÊIÎOÔUÛaâeêiîoôuû"),
        ('~', "AÃNÑOÕaãnñoõ"),
        ('¨', "AÄEËIÏOÖUÜaäeëiïoöuüyÿ"));

    public string Name => name;

    /// <summary>The strokes that give one character; false when this layout has none.</summary>
    public bool TryType(Rune character, [NotNullWhen(true)] out IReadOnlyList<KeyStroke>? strokes)
    {
        strokes = character.Value switch
        {
            '\n' or '\r' => [new KeyStroke([KeyNames.Enter])],
            '\t' => [new KeyStroke([KeyNames.Tab])],
            ' ' => [new KeyStroke([KeyNames.Space])],
            _ when direct.TryGetValue(character, out var keys) => [new KeyStroke(keys)],
            _ => ByDeadKey(character),
        };

        return strokes is not null;
    }

    private IReadOnlyList<KeyStroke>? ByDeadKey(Rune character)
    {
        // A dead key and a space give the accent itself. Of ´ and ¨ that holds on desktops alone: a console gives ' and " (linux/drivers/tty/vt/keyboard.c, ret_diacr).
        if (character.IsAscii)
        {
            return dead.TryGetValue(character, out var alone) ? [new KeyStroke(alone), new KeyStroke([KeyNames.Space])] : null;
        }

        // A console composes the letters of Latin-1, with the table that is built into Linux; desktops compose more.
        return Composed.TryGetValue(character, out var parts) && dead.TryGetValue(new Rune(parts.Accent), out var first) && direct.TryGetValue(new Rune(parts.Letter), out var second)
            ? [new KeyStroke(first), new KeyStroke(second)]
            : null;
    }

    private static Dictionary<Rune, (char Accent, char Letter)> Compose(params ReadOnlySpan<(char Accent, string Pairs)> accents)
    {
        var composed = new Dictionary<Rune, (char Accent, char Letter)>();

        foreach (var (accent, pairs) in accents)
        {
            for (var i = 0; i < pairs.Length; i += 2)
            {
                composed.Add(new Rune(pairs[i + 1]), (accent, pairs[i]));
            }
        }

        return composed;
    }
}
