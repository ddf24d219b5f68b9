namespace Consoles.Broker.Store;

/// <summary>Directories for the broker alone.</summary>
internal static class StateDirectory
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OthersMayWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Makes the directory with mode 0700. One that is there is left as it is, unless others could replace files in it.</summary>
    /// <exception cref="StoreException">Others may write to it.</exception>
    public static void Make(string directory)
    {
        Directory.CreateDirectory(directory, Owner);

        if ((File.GetUnixFileMode(directory) & OthersMayWrite) != UnixFileMode.None)
        {
            throw new StoreException($"The state directory {directory} may be written by others than its owner; take that right away (chmod go-w), or name another.");
        }
    }
}
