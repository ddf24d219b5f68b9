using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Agent.Identity;

/// <summary>Files that are either the old ones or the new ones after a crash or a power failure. The only type that calls <see cref="FileNative"/>.</summary>
internal static class DurableFiles
{
    public const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    // Of fchown(2): it stays as it is.
    private const uint SameOwner = uint.MaxValue;

    /// <summary>Writes a file that must not exist yet, readable by its owner alone from its first moment.</summary>
    public static void Create(string path, string content)
    {
        using var file = New(path, Encoding.UTF8.GetBytes(content));
        Sync(file.SafeFileHandle, path);
    }

    /// <summary>Writes a file that must not exist yet, and lets others read it when it is whole. A link in its place is not followed.</summary>
    /// <param name="group">Its group's number.</param>
    public static void Create(string path, ReadOnlySpan<byte> content, UnixFileMode mode, uint group)
    {
        using var file = New(path, content);
        GiveTo(file.SafeFileHandle, path, SameOwner, group);
        File.SetUnixFileMode(file.SafeFileHandle, mode);
        Sync(file.SafeFileHandle, path);
    }

    /// <summary>Makes a directory that must not exist yet, for its owner alone.</summary>
    public static void CreateDirectory(string path)
    {
        if (!TryCreateDirectory(path))
        {
            throw new IOException($"{path} was not made: there is something of that name.");
        }
    }

    /// <summary>Makes a directory for its owner alone.</summary>
    /// <returns>False when there is something of that name, whatever it is.</returns>
    public static bool TryCreateDirectory(string path)
    {
        const int Exists = 17;

        if (FileNative.MakeDirectory(path, (uint)OwnerDirectory) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == Exists
            ? false
            : throw new IOException($"{path} was not made: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>Gives a directory to a group, then the mode, and makes the names in it last.</summary>
    public static void ShareDirectory(string path, UnixFileMode mode, uint group)
    {
        using var handle = Open(path);

        GiveTo(handle, path, SameOwner, group);
        File.SetUnixFileMode(handle, mode);
        Sync(handle, path);
    }

    /// <summary>Whose a name is and what it stands for, of a link itself; null when there is none.</summary>
    public static FileStatus? Status(string path)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        const uint BasicStatus = 0x7ff;
        const int NotFound = 2;
        const int NotDirectory = 20;

        if (FileNative.Status(CurrentDirectory, path, NoFollow, BasicStatus, out var status) != 0)
        {
            return Marshal.GetLastPInvokeError() is NotFound or NotDirectory
                ? null
                : throw new IOException($"{path} could not be looked at: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        return new FileStatus((FileKind)(status.Mode & 0xf000), (UnixFileMode)(status.Mode & 0xfff), status.Owner, status.Group, status.Links, (long)status.Size);
    }

    /// <summary>The number of the user that this process acts as.</summary>
    public static uint EffectiveUser => FileNative.EffectiveUser();

    /// <summary>Replaces a file in one step, or makes it, for its owner alone.</summary>
    public static void Replace(string path, string content) => Replace(path, Encoding.UTF8.GetBytes(content), like: null);

    /// <summary>Replaces a file in one step, or makes it. Readers see the old one or the new one, also after a power failure.</summary>
    /// <param name="like">Whose owner and mode the file gets; null, or where there is no such file: its maker's alone.</param>
    /// <exception cref="IOException">The old file is still in its place.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, string? like)
    {
        var fresh = $"{path}.{Guid.NewGuid():N}";

        try
        {
            using (var file = New(fresh, content))
            {
                if (like is not null && Status(like) is { } status)
                {
                    // The owner first: chown(2) takes rights away.
                    GiveTo(file.SafeFileHandle, fresh, status.Owner, status.Group);
                    File.SetUnixFileMode(file.SafeFileHandle, status.Mode);
                }

                Sync(file.SafeFileHandle, fresh);
            }

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
        using var handle = Open(path);
        Sync(handle, path);
    }

    /// <summary>Makes what was written last (fsync(2)). The platform's own way passes over the system's failure to do so, even that the disk did not take the bytes (EIO).</summary>
    public static void Sync(SafeFileHandle handle, string path)
    {
        if (FileNative.Sync(handle) != 0)
        {
            throw new IOException($"{path} could not be made to last: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    private static SafeFileHandle Open(string directory)
    {
        var descriptor = FileNative.Open(directory, FileNative.ReadOnlyCloseOnExec);

        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"{directory} was not opened: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    private static FileStream New(string path, ReadOnlySpan<byte> content)
    {
        var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerFile, BufferSize = 0 });

        try
        {
            file.Write(content);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void GiveTo(SafeFileHandle handle, string path, uint owner, uint group)
    {
        if (FileNative.ChangeOwner(handle, owner, group) != 0)
        {
            throw new IOException($"{path} could not be given to {(owner == SameOwner ? "" : $"user {owner} and ")}group {group}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }
}
