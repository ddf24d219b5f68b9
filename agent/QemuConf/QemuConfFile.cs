using Consoles.Agent.Identity;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.QemuConf;

/// <summary>The node's qemu.conf, and beside it what it was before this agent first changed it, and which settings this agent has made.</summary>
internal sealed class QemuConfFile(IOptions<QemuConfOptions> options)
{
    private const string FirstSuffix = ".consoles-backup";
    private const string AppliedSuffix = ".consoles-applied";
    private const string AppliedHead = "# What consoles-agent has set in qemu.conf, which --revert puts back.\n";

    /// <summary>The file itself where the configured path is a link to it.</summary>
    public string Path { get; } =
        File.Exists(options.Value.Path) && File.ResolveLinkTarget(options.Value.Path, returnFinalTarget: true) is { } target ? target.FullName : System.IO.Path.GetFullPath(options.Value.Path);

    public string BackupPath => Path + FirstSuffix;

    public string AppliedPath => Path + AppliedSuffix;

    /// <summary>The text as it is now. A file that is not there is an empty one to libvirt.</summary>
    /// <exception cref="QemuConfException">It cannot be read, or libvirt would not start with it.</exception>
    public QemuConfText Read() => ReadIfThere(Path) ?? QemuConfText.Parse("");

    /// <summary>What libvirt takes from the file when it starts next. It is read anew each time.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public QemuSettings Settings() => QemuSettings.Read(Read());

    /// <summary>What the policy makes of the file as it is now.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public QemuConfPlan Plan() => QemuConfPlan.Of(Read(), options.Value);

    /// <summary>What <see cref="Settings"/> will be when the policy has been applied. Certificates are made for these before it is.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public QemuSettings PlannedSettings() => QemuSettings.Read(Plan().Wanted);

    /// <summary>The text before this agent first changed it, or null when it never did or has put it back.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public QemuConfText? Backup() => ReadIfThere(BackupPath);

    /// <summary>The settings that this agent has made, as it made them, or null when it made none or has put them back.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public QemuConfText? Applied() => ReadIfThere(AppliedPath);

    /// <summary>Makes the text what the policy wants; what it was before the first time is kept, and which settings are this agent's.</summary>
    /// <exception cref="IOException">The old text is still in force.</exception>
    /// <exception cref="QemuConfException">Somebody has changed it since the plan was made. It was left alone.</exception>
    public void Apply(QemuConfPlan plan)
    {
        RequireUnchanged(plan.Present);

        if (!File.Exists(BackupPath))
        {
            Write(BackupPath, plan.Present);
        }

        // What somebody has changed since is no more this agent's, unless it is changed again now.
        var before = Applied() ?? QemuConfText.Parse(AppliedHead);
        var kept = before.Names.Where(name => before.Find(name) != plan.Present.Find(name)).Aggregate(before, (text, name) => text.Remove(name));

        // First: a crash in between must not make our own lines pass for a person's.
        Write(AppliedPath, plan.Changes.Aggregate(kept, (text, change) => text.Set(change.Name, change.New)));
        Write(Path, plan.Wanted);
    }

    /// <summary>Replaces the file in one step, and forgets that this agent ever changed it.</summary>
    /// <param name="present">What <paramref name="text"/> was made from.</param>
    /// <inheritdoc cref="Apply" path="/exception"/>
    public void Revert(QemuConfText present, QemuConfText text)
    {
        RequireUnchanged(present);
        Write(Path, text);
        File.Delete(AppliedPath);
        File.Delete(BackupPath);
        DurableFiles.SyncDirectory(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Puts the three files back as they were, after an attempt that failed.</summary>
    /// <inheritdoc cref="Apply" path="/exception"/>
    public void Restore(QemuConfText text, QemuConfText? backup, QemuConfText? applied)
    {
        Write(Path, text);

        foreach (var (path, before) in new[] { (AppliedPath, applied), (BackupPath, backup) })
        {
            if (before is null)
            {
                File.Delete(path);
            }
            else
            {
                Write(path, before);
            }
        }
    }

    private void RequireUnchanged(QemuConfText present)
    {
        if (!Read().ToBytes().AsSpan().SequenceEqual(present.ToBytes()))
        {
            throw new QemuConfException($"{Path} was changed by somebody meanwhile. It was left as it is: look at it, and run this again.");
        }
    }

    private void Write(string path, QemuConfText text) => DurableFiles.Replace(path, text.ToBytes(), like: Path);

    private static QemuConfText? ReadIfThere(string path)
    {
        try
        {
            return QemuConfText.Parse(File.ReadAllBytes(path));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new QemuConfException($"{path} cannot be read: {fault.Message}", fault);
        }
    }
}
