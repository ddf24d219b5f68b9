namespace Consoles.Agent.QemuConf;

/// <summary>What qemu.conf was before this agent changed it, with everything that others have changed since.</summary>
internal static class QemuConfRevert
{
    /// <param name="present">The text as it is.</param>
    /// <param name="backup">The text before this agent first changed it.</param>
    /// <param name="applied">The settings that this agent has made.</param>
    /// <exception cref="QemuConfException">Somebody has changed one of those settings since. The message names them.</exception>
    public static QemuConfText Of(QemuConfText present, QemuConfText backup, QemuConfText applied)
    {
        var ours = applied.Names.ToList();

        // Nobody has touched anything else: every byte goes back.
        if (ours.Aggregate(backup, (text, name) => text.Set(name, applied.Find(name)!)).ToBytes().AsSpan().SequenceEqual(present.ToBytes()))
        {
            return backup;
        }

        var changed = ours.Where(name => present.Find(name) != applied.Find(name) && present.Find(name) != backup.Find(name)).ToList();

        return changed.Count == 0
            ? ours.Aggregate(present, (text, name) => backup.Find(name) is { } before ? text.Set(name, before) : text.Remove(name))
            : throw new QemuConfException(
                $"Somebody has changed what this agent had set: {string.Join("; ", changed.Select(name => $"{name} was {applied.Find(name)} and is {present.Find(name)?.ToString() ?? "not set"}"))}. "
                + "Nothing was put back.");
    }
}
