using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Consoles.Broker.Hosting;

/// <summary>What the broker needs of the operating system beside .NET. The only type that calls <see cref="PosixNative"/>.</summary>
internal static class Posix
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;

    /// <summary>Raises this process's soft limit of open files to the hard one, and says what it is then.</summary>
    public static long RaiseOpenFiles()
    {
        Check(PosixNative.GetLimit(PosixNative.OpenFiles, out var limit), "getrlimit(RLIMIT_NOFILE)");

        if (limit.Soft < limit.Hard)
        {
            limit.Soft = limit.Hard;
            Check(PosixNative.SetLimit(PosixNative.OpenFiles, limit), "setrlimit(RLIMIT_NOFILE)");
        }

        return (long)Math.Min(limit.Soft, int.MaxValue);
    }

    /// <summary>Makes a rename in that directory survive a loss of power.</summary>
    public static void SyncDirectory(string directory)
    {
        var file = PosixNative.Open(directory, ReadOnlyDirectoryCloseOnExec);
        Check(file, $"open {directory}");

        try
        {
            Check(PosixNative.Sync(file), $"fsync {directory}");
        }
        finally
        {
            _ = PosixNative.Close(file);
        }
    }

    private static void Check(int result, string attempted)
    {
        if (result < 0)
        {
            throw new IOException($"{attempted} failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        }
    }
}
