using Consoles.Common.Inventory;

namespace Consoles.Agent.QemuConf;

/// <summary>What libvirt takes from the node where qemu.conf says nothing.</summary>
/// <param name="DirectoryExists">libvirt looks when it starts: a use's own directory counts only while it is there.</param>
internal sealed record QemuDefaults(Func<string, bool> DirectoryExists, Func<string, bool> UserExists, Func<string, bool> GroupExists)
{
    public const string CommonDirectory = "/etc/pki/qemu";

    public static readonly QemuDefaults OfThisNode = new(Directory.Exists, name => IsListed("/etc/passwd", name), name => IsListed("/etc/group", name));

    // libvirt is built with one of them; Debian's with the first, Fedora's with the second.
    private static readonly string[] Names = ["libvirt-qemu", "qemu"];

    public static string OwnDirectory(CertificateUse use) => use switch
    {
        CertificateUse.Vnc => "/etc/pki/libvirt-vnc",
        CertificateUse.Spice => "/etc/pki/libvirt-spice",
        CertificateUse.Chardev => "/etc/pki/libvirt-chardev",
        _ => CommonDirectory,
    };

    public string User() => Array.Find(Names, name => UserExists(name)) ?? "root";

    public string Group() => Array.Find(Names, name => GroupExists(name)) ?? "root";

    private static bool IsListed(string file, string name) =>
        File.Exists(file) && File.ReadLines(file).Any(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
}
