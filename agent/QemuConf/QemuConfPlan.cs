using Consoles.Common.Inventory;

namespace Consoles.Agent.QemuConf;

/// <summary>One setting that is not as the policy wants it.</summary>
/// <param name="Old">What is in force; null where the setting is absent.</param>
internal sealed record QemuConfChange(string Name, QemuConfValue? Old, QemuConfValue New)
{
    public override string ToString() => $"{Name}: {Old?.ToString() ?? "not set"} -> {New}";
}

/// <summary>What qemu.conf should become. It is worked out; nothing is written.</summary>
/// <param name="Wanted">The text with all <paramref name="Changes"/> made, and nothing else.</param>
internal sealed record QemuConfPlan(QemuConfText Present, QemuConfText Wanted, IReadOnlyList<QemuConfChange> Changes)
{
    public bool IsDone => Changes.Count == 0;

    /// <exception cref="QemuConfException">A setting has a value with which libvirt does not start.</exception>
    public static QemuConfPlan Of(QemuConfText present, QemuConfOptions policy) => Of(present, policy, QemuDefaults.OfThisNode);

    internal static QemuConfPlan Of(QemuConfText present, QemuConfOptions policy, QemuDefaults defaults)
    {
        var settings = QemuSettings.Read(present, defaults);
        var changes = new List<QemuConfChange>();

        Enable(CertificateUse.Vnc, policy.Vnc, policy.VncDirectory);
        Enable(CertificateUse.Spice, policy.Spice, policy.SpiceDirectory);
        Enable(CertificateUse.Chardev, policy.Chardev, policy.ChardevDirectory);
        Want(QemuConfNames.VncListen, policy.VncListen);
        Want(QemuConfNames.SpiceListen, policy.SpiceListen);
        Flag(QemuConfNames.VncAutoUnixSocket, policy.VncAutoUnixSocket, present.Bool(QemuConfNames.VncAutoUnixSocket) ?? false);
        Flag(QemuConfNames.SpiceAutoUnixSocket, policy.SpiceAutoUnixSocket, present.Bool(QemuConfNames.SpiceAutoUnixSocket) ?? false);

        return new QemuConfPlan(present, changes.Aggregate(present, (text, change) => text.Set(change.Name, change.New)), changes);

        void Enable(CertificateUse use, bool? wanted, string? directory)
        {
            Flag(QemuConfNames.Tls(use), wanted, settings.Enables(use));

            if (wanted is not true)
            {
                return;
            }

            // A directory that is not named is another one when libvirt starts next, if somebody makes or removes one until then.
            var named = present.String(QemuConfNames.Directory(use)) is not null || settings.Enables(use);
            Want(QemuConfNames.Directory(use), directory ?? (named ? null : QemuDefaults.OwnDirectory(use)));

            switch (use)
            {
                case CertificateUse.Vnc:
                    Flag(QemuConfNames.Verify(use), policy.VncVerify, settings.VncVerify);
                    break;
                case CertificateUse.Chardev:
                    Flag(QemuConfNames.Verify(use), policy.ChardevVerify, settings.ChardevVerify);
                    break;
            }
        }

        // What is in force already needs no line of its own.
        void Flag(string name, bool? wanted, bool inForce)
        {
            if (wanted is { } value && value != inForce)
            {
                changes.Add(new QemuConfChange(name, present.Find(name), QemuConfValue.Of(value)));
            }
        }

        void Want(string name, string? wanted)
        {
            if (wanted is not null && wanted != present.String(name))
            {
                changes.Add(new QemuConfChange(name, present.Find(name), QemuConfValue.Of(wanted)));
            }
        }
    }
}
