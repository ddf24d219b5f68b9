using System.Globalization;
using System.Text;
using Consoles.Agent.Identity;

namespace Consoles.Agent.Certificates;

/// <summary>A directory that qemu.conf names, and the versions in it: v/N, the link "current" to one of them, and the links by which QEMU finds its files.</summary>
/// <remarks>Everything stays inside it: that is how far AppArmor lets QEMU read. It belongs to root or the agent's user, so nobody else makes a name in it.</remarks>
internal sealed class CertificateDirectory(string path)
{
    public const UnixFileMode SharedDirectory = DurableFiles.OwnerDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const int MaxPlanBytes = 1024;

    public string Location { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    public bool Exists => DurableFiles.Status(Location) is not null;

    public bool HasVersions => DurableFiles.Status(this[CertificateNames.Versions]) is not null;

    public string this[string name] => Path.Combine(Location, name);

    public string Version(int number) => Path.Combine(Location, CertificateNames.Versions, Text(number));

    /// <summary>The version in use, or null when there is none.</summary>
    /// <exception cref="CertificateException">"current" is something else than a link to a version.</exception>
    public int? Current()
    {
        var link = this[CertificateNames.Current];

        if (DurableFiles.Status(link) is null)
        {
            return null;
        }

        return new FileInfo(link).LinkTarget is { } target && target.StartsWith($"{CertificateNames.Versions}/", StringComparison.Ordinal) && NumberOf(target[2..]) is { } number
            ? number
            : throw new CertificateException($"{link} is no link to a version, so it is not the agent's. Move it away.");
    }

    /// <summary>The numbers that are taken, in order, whatever is behind the name.</summary>
    public IReadOnlyList<int> Versions() => HasVersions
        ? [.. new DirectoryInfo(this[CertificateNames.Versions]).EnumerateFileSystemInfos().Select(entry => NumberOf(entry.Name)).OfType<int>().Order()]
        : [];

    /// <summary>What a version was made to.</summary>
    public string? Plan(int version)
    {
        var file = Path.Combine(Version(version), CertificateNames.Plan);

        return DurableFiles.Status(file) is { Kind: FileKind.Regular, Size: <= MaxPlanBytes } ? File.ReadAllText(file, Encoding.UTF8) : null;
    }

    public TopName Top(string name)
    {
        if (DurableFiles.Status(this[name]) is null)
        {
            return TopName.Missing;
        }

        return new FileInfo(this[name]).LinkTarget == Target(name) ? TopName.Ours : TopName.Plain;
    }

    /// <summary>Makes the directory where there is none, and refuses one in which others than root and this user can make names.</summary>
    /// <remarks>It has to exist before its lock can, so any number of installations may be here at once.</remarks>
    /// <exception cref="CertificateException">It is refused, in words.</exception>
    public void Prepare(uint group)
    {
        if (!Exists)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Location)!);
            DurableFiles.TryCreateDirectory(Location);
            DurableFiles.SyncDirectory(Path.GetDirectoryName(Location)!);
        }

        RequireOwn(Location);

        if (IsNew)
        {
            DurableFiles.ShareDirectory(Location, SharedDirectory, group);
        }
    }

    /// <summary>Makes the directory of versions where there is none.</summary>
    public void PrepareVersions(uint group)
    {
        var versions = this[CertificateNames.Versions];

        if (!HasVersions)
        {
            DurableFiles.CreateDirectory(versions);
        }

        RequireOwn(versions);
        DurableFiles.ShareDirectory(versions, SharedDirectory, group);
    }

    public void RequireOwn() => RequireOwn(Location);

    /// <exception cref="CertificateException">It is a link, or a directory that others may change.</exception>
    public static void RequireOwn(string directory)
    {
        if (DurableFiles.Status(directory) is not { Kind: FileKind.Directory } status)
        {
            throw new CertificateException($"{directory} is not a directory, or it is a link to one. Nothing is written through a link.");
        }

        if (status.Owner != 0 && status.Owner != DurableFiles.EffectiveUser)
        {
            throw new CertificateException($"{directory} belongs to user {Text((int)status.Owner)}, who could plant files in it. Run: chown root {directory}");
        }

        if ((status.Mode & WritableByOthers) != UnixFileMode.None)
        {
            throw new CertificateException($"{directory} can be written by others than its owner. Run: chmod go-w {directory}");
        }
    }

    /// <summary>The switch: one link renamed over another, and made to last.</summary>
    public void Use(int version) => Link(CertificateNames.Current, $"{CertificateNames.Versions}/{Text(version)}");

    /// <summary>Puts the link by which QEMU finds a file of the current version in the place of whatever is there.</summary>
    public void LinkToCurrent(string name) => Link(name, Target(name));

    /// <summary>Made and not shared yet: by this installation, by another at the same time, or by one that was killed in between.</summary>
    private bool IsNew => DurableFiles.Status(Location)!.Mode == DurableFiles.OwnerDirectory && !Directory.EnumerateFileSystemEntries(Location).Any();

    private static string Target(string name) => $"{CertificateNames.Current}/{name}";

    private static int? NumberOf(string name) => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && name == Text(number) ? number : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Link(string name, string target)
    {
        var fresh = this[CertificateNames.Fresh(name)];

        File.CreateSymbolicLink(fresh, target);
        DurableFiles.Rename(fresh, this[name]);
        DurableFiles.SyncDirectory(Location);
    }
}

/// <summary>What stands at the top of a directory under a name that QEMU looks for.</summary>
internal enum TopName
{
    Missing,

    /// <summary>A link to the current version's file.</summary>
    Ours,

    /// <summary>A file, or a link elsewhere: of a person's.</summary>
    Plain,
}
