using System.Runtime.InteropServices;

namespace Consoles.Agent.Identity;

/// <summary>The functions of libc that .NET has no door to: it renames no link to a directory, and opens no directory.</summary>
internal static partial class FileNative
{
    // O_RDONLY | O_CLOEXEC; the same on x86-64 and arm64, which O_DIRECTORY is not.
    internal const int ReadOnlyCloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Rename(string from, string to);

    // The caller owns the descriptor.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Open(string path, int flags);
}
