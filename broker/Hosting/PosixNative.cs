using System.Runtime.InteropServices;

namespace Consoles.Broker.Hosting;

/// <summary>The functions of libc that the broker calls, one line each. Nothing here decides anything.</summary>
internal static partial class PosixNative
{
    private const string Library = "libc";

    /// <summary>getrlimit(2), RLIMIT_NOFILE on Linux.</summary>
    internal const int OpenFiles = 7;

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport(Library, EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int file);

    [LibraryImport(Library, EntryPoint = "close")]
    internal static partial int Close(int file);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
