using System.Runtime.InteropServices;

namespace Consoles.Broker.Viewers.Attaching;

/// <summary>The functions of libc about terminals, one line each. Nothing here decides anything.</summary>
internal static partial class TerminalNative
{
    private const string Library = "libc";

    /// <summary>tcsetattr(3): at once, whatever of what was written is not out yet.</summary>
    internal const int AtOnce = 0;

    [LibraryImport(Library, EntryPoint = "isatty")]
    internal static partial int IsTerminal(int file);

    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int GetSettings(int file, Span<byte> settings);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int SetSettings(int file, int when, ReadOnlySpan<byte> settings);

    /// <summary>cfmakeraw(3).</summary>
    [LibraryImport(Library, EntryPoint = "cfmakeraw")]
    internal static partial void MakeRaw(Span<byte> settings);
}
