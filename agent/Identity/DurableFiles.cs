using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Agent.Identity;

/// <summary>Files that are either the old ones or the new ones after a crash or a power failure. The only type that calls <see cref="FileNative"/>.</summary>
internal static class DurableFiles
{
    public const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>Writes a file that must not exist yet, readable by its owner alone from its first moment.</summary>
    public static void Create(string path, string content)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerFile,
        });

        file.Write(Encoding.UTF8.GetBytes(content));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Replaces a file in one step.</summary>
    public static void Replace(string path, string content)
    {
        var fresh = $"{path}.{Guid.NewGuid():N}";

        try
        {
            Create(fresh, content);
            Rename(fresh, path);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }

        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Renames over what is there, in one step: rename(2).</summary>
    public static void Rename(string from, string to)
    {
        if (FileNative.Rename(from, to) != 0)
        {
            throw new IOException($"{from} was not renamed to {to}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>Makes the names in a directory last (fsync(2) on it).</summary>
    public static void SyncDirectory(string path)
    {
        var descriptor = FileNative.Open(path, FileNative.ReadOnlyCloseOnExec);

        if (descriptor < 0)
        {
            throw new IOException($"{path} was not opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }
}
