using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Typing;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>Judges what somebody wants typed, before anything is.</summary>
internal static class KeysReading
{
    public const int MaxCharacters = 4096;

    // VIR_DOMAIN_SEND_KEY_MAX_KEYS of libvirt/libvirt-domain.h.
    private const int MaxKeys = 16;

    // A text in another script would make a list as long as itself.
    private const int MaxListed = 20;

    public static bool TryRead(KeysRequest request, KeyboardLayouts layouts, [NotNullWhen(true)] out TypingPlan? plan, [NotNullWhen(false)] out ProblemHttpResult? refusal)
    {
        plan = null;
        refusal = request switch
        {
            { Text: { } text, Keys: null } => ReadText(text, request.Layout, layouts, out plan),
            { Keys: { } keys, Text: null, Layout: null } => ReadKeys(keys, out plan),
            _ => Problem.BadRequest.Result("Give text and layout, or keys alone."),
        };

        return plan is not null;
    }

    private static ProblemHttpResult? ReadText(string text, string? name, KeyboardLayouts layouts, out TypingPlan? plan)
    {
        plan = null;

        if (name is null || layouts.Find(name) is not { } layout)
        {
            return Problem.BadRequest.Result($"layout must be one of {string.Join(", ", layouts.Names)}: that of the guest.");
        }

        var characters = text.EnumerateRunes().Count();

        if (characters is 0 or > MaxCharacters)
        {
            return Problem.BadRequest.Result($"text must have from 1 to {MaxCharacters} characters, and has {characters}.");
        }

        (plan, var refused) = TypingPlan.Of(text, layout);
        return plan is null ? Refuse(refused, layout) : null;
    }

    private static ProblemHttpResult? ReadKeys(IReadOnlyList<string> names, out TypingPlan? plan)
    {
        plan = null;
        var codes = names.Select(name => name is null ? null : KeyNames.CodeOf(name)).ToList();

        if (codes.Count is 0 or > MaxKeys || codes.Contains(null) || codes.Distinct().Count() != codes.Count)
        {
            return Problem.BadRequest.Result($"keys must be from 1 to {MaxKeys} different keys of an ordinary keyboard, such as KEY_LEFTCTRL (linux/input-event-codes.h).");
        }

        plan = TypingPlan.Of(new KeyStroke([.. codes.Select(code => code!.Value)]));
        return null;
    }

    private static ProblemHttpResult Refuse(IReadOnlyList<Untypable> refused, KeyboardLayout layout)
    {
        var first = refused[0];
        var more = refused.Count > 1 ? $" {refused.Count - 1} more cannot be typed either." : "";

        return Problem.Untypable.Result(
            $"Character {first.Position} of the text, {Show(first.Character)} ({first.Code}), cannot be typed with layout {layout.Name}. Nothing was typed.{more}",
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["position"] = first.Position,
                ["refused"] = refused.Take(MaxListed).Select(character => new RefusedCharacter(character.Position, character.Code)).ToArray(),
            });
    }

    // What does not show, or would change how the sentence is shown, is named by its code alone.
    private static string Show(Rune character) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator => "one that does not show",
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => "a combining accent",
        _ => $"'{character}'",
    };
}

/// <param name="Position">Which of the text's characters (Unicode code points), counted from 1.</param>
/// <param name="Character">Such as U+20AC.</param>
internal sealed record RefusedCharacter(int Position, string Character);
