using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Consoles.Broker.Hosting;

/// <summary>What the broker needs of the operating system beside .NET. The only type that calls <see cref="PosixNative"/>.</summary>
internal static class Posix
{
    // errno(3): EEXIST.
    private const int Exists = 17;

    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;

    // statx(2): AT_FDCWD, STATX_UID | STATX_GID, and where stx_uid and stx_gid are.
    private const int WorkingDirectory = -100;
    private const uint OwnerAndGroup = 0x8 | 0x10;
    private const int StatusBytes = 256;
    private const int StatusUser = 20;
    private const int StatusGroup = 24;

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

    /// <summary>Makes what was written to a file survive a loss of power. FileStream's own way passes over the system's failure to do so.</summary>
    public static void Sync(FileStream file) => Check(PosixNative.Sync((int)file.SafeFileHandle.DangerousGetHandle()), $"fsync {file.Name}");

    /// <summary>Gives a draft its name, unless there is a file of that name: of many that try at once one succeeds, and none replaces another's (link(2)).</summary>
    /// <remarks>.NET's Move without overwriting looks for the name, and renames a moment later.</remarks>
    /// <returns>Whether it has that name. The draft's own name is gone in either case.</returns>
    /// <exception cref="IOException">It cannot be given the name.</exception>
    public static bool Place(string draft, string path)
    {
        var error = PosixNative.Link(draft, path) < 0 ? Marshal.GetLastPInvokeError() : 0;
        File.Delete(draft);

        return error switch
        {
            0 => true,
            Exists => false,
            _ => throw new IOException($"link {path} failed: {new Win32Exception(error).Message}."),
        };
    }

    /// <summary>Gives a new file to whom its directory belongs to, if that is not who made it: root, whose commands work beside a broker of another user.</summary>
    /// <param name="file">By its handle: a name in somebody else's directory may be another file's by now.</param>
    public static void GiveToOwnerOf(string directory, FileStream file)
    {
        if (OwnerBesideRoot(directory) is var (user, group))
        {
            Check(PosixNative.ChangeOwner((int)file.SafeFileHandle.DangerousGetHandle(), user, group), $"chown {file.Name}");
        }
    }

    /// <summary>The same for a new directory.</summary>
    public static void GiveToOwnerOf(string directory, string made)
    {
        if (OwnerBesideRoot(directory) is var (user, group))
        {
            Check(PosixNative.ChangeOwner(made, user, group), $"chown {made}");
        }
    }

    private static (uint User, uint Group)? OwnerBesideRoot(string directory)
    {
        if (PosixNative.EffectiveUser() != 0)
        {
            return null;
        }

        var status = new byte[StatusBytes];
        Check(PosixNative.Status(WorkingDirectory, directory, flags: 0, OwnerAndGroup, status), $"statx {directory}");
        var (user, group) = (BitConverter.ToUInt32(status, StatusUser), BitConverter.ToUInt32(status, StatusGroup));
        return user == 0 ? null : (user, group);
    }

    private static void Check(int result, string attempted)
    {
        if (result < 0)
        {
            throw new IOException($"{attempted} failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        }
    }
}
