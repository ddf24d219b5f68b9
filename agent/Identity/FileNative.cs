using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Agent.Identity;

/// <summary>The functions of libc that .NET has no door to: it renames no link to a directory, opens no directory, and knows no owners.</summary>
internal static partial class FileNative
{
    // O_RDONLY | O_CLOEXEC; the same on x86-64 and arm64, which O_DIRECTORY is not.
    internal const int ReadOnlyCloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Rename(string from, string to);

    // The caller owns the descriptor.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mkdir", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int MakeDirectory(string path, uint mode);

    // An owner or group of uint.MaxValue stays as it is.
    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int ChangeOwner(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    // struct statx is laid out alike on every architecture, which struct stat is not.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int Status(int directory, string path, int flags, uint mask, out NativeStatus status);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct NativeStatus
    {
        [FieldOffset(16)]
        internal uint Links;

        [FieldOffset(20)]
        internal uint Owner;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(40)]
        internal ulong Size;
    }
}
