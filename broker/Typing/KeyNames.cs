using System.Collections.Frozen;

namespace Consoles.Broker.Typing;

/// <summary>The keys of an ordinary keyboard by their names in linux/input-event-codes.h.</summary>
internal static class KeyNames
{
    public const int Enter = 28;
    public const int Tab = 15;
    public const int Space = 57;
    public const int LeftShift = 42;

    /// <summary>AltGr.</summary>
    public const int RightAlt = 100;

    private const string Prefix = "KEY_";

    // The codes of the first rows follow one another from KEY_ESC, which is 1.
    private const string FromOne =
        "ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER LEFTCTRL A S D F G H J K L SEMICOLON APOSTROPHE "
        + "GRAVE LEFTSHIFT BACKSLASH Z X C V B N M COMMA DOT SLASH RIGHTSHIFT KPASTERISK LEFTALT SPACE CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK "
        + "KP7 KP8 KP9 KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT";

    private static readonly FrozenDictionary<string, int> Codes = FromOne.Split(' ').Select((name, index) => (name, code: index + 1))
        .Concat(
        [
            ("102ND", 86), ("F11", 87), ("F12", 88), ("KPENTER", 96), ("RIGHTCTRL", 97), ("KPSLASH", 98), ("SYSRQ", 99), ("RIGHTALT", RightAlt), ("HOME", 102), ("UP", 103),
            ("PAGEUP", 104), ("LEFT", 105), ("RIGHT", 106), ("END", 107), ("DOWN", 108), ("PAGEDOWN", 109), ("INSERT", 110), ("DELETE", 111), ("PAUSE", 119),
            ("LEFTMETA", 125), ("RIGHTMETA", 126), ("COMPOSE", 127),
        ])
        .ToFrozenDictionary(key => Prefix + key.Item1, key => key.Item2, StringComparer.Ordinal);

    /// <summary>The key's code, or null when no key of an ordinary keyboard has that name.</summary>
    public static int? CodeOf(string name) => Codes.TryGetValue(name, out var code) ? code : null;

    public static bool IsKey(int code) => Codes.Values.Contains(code);
}
