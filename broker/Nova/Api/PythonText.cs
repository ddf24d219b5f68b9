using System.Text.Json;

namespace Consoles.Broker.Nova.Api;

/// <summary>Values as Python prints them, which is how Nova's messages quote them. Long ones are cut: a message need not give back all it was given.</summary>
internal static class PythonText
{
    private const int Longest = 200;

    /// <summary>str(): a text without quotes.</summary>
    public static string Str(JsonElement value) => Cut(value.ValueKind == JsonValueKind.String ? value.GetString()! : Whole(value));

    /// <summary>repr().</summary>
    public static string Repr(JsonElement value) => Cut(Whole(value));

    public static string Quote(string text) =>
        text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? $"\"{text}\"" : $"'{text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static string Whole(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Quote(value.GetString()!),
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.Null => "None",
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Whole))}]",
        JsonValueKind.Object => $"{{{string.Join(", ", value.EnumerateObject().Select(member => $"{Quote(member.Name)}: {Whole(member.Value)}"))}}}",
        _ => value.GetRawText(),
    };

    private static string Cut(string text) => text.Length <= Longest ? text : text[..Longest] + "...";
}
