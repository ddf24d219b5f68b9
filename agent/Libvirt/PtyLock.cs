namespace Consoles.Agent.Libvirt;

/// <summary>The lock file that libvirtd makes for a pseudo-terminal each time that a client opens it, and removes when that one is through with it.</summary>
/// <remarks>
/// Whose console is taken by force is told so by libvirtd, unless data is just on its way to them: then nobody is told, what they type goes
/// nowhere, and not even the end of their stream is answered (libvirt: virFDStreamCloseInt, daemonStreamUpdateEvents). The file tells.
/// </remarks>
internal sealed class PtyLock
{
    private readonly string _path;
    private readonly DateTime? _ours;

    /// <summary>To be made as soon as the console is open.</summary>
    /// <param name="directory">Where libvirt keeps such files (virchrdev.c, VIR_CHRDEV_LOCK_FILE_PATH).</param>
    /// <param name="device">The pseudo-terminal, such as /dev/pts/3; null where it is not known.</param>
    public PtyLock(string directory, string? device)
    {
        // LCK.._pts_3
        _path = Path.Combine(directory, $"LCK..{(device ?? "").Replace("/dev", "", StringComparison.Ordinal).Replace('/', '_')}");
        _ours = device is null ? null : MadeAt();
    }

    /// <summary>Another client has, or had, the console since. Where libvirt makes no such files, or they cannot be looked at, it is false.</summary>
    public bool IsTaken => _ours is not null && MadeAt() != _ours;

    private DateTime? MadeAt() => new FileInfo(_path) is { Exists: true } file ? file.LastWriteTimeUtc : null;
}
