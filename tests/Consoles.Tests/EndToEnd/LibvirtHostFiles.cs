using System.Security.Cryptography;

namespace Consoles.Tests.EndToEnd;

/// <summary>What a <see cref="LibvirtHost"/> has on disk.</summary>
internal static class LibvirtHostFiles
{
    /// <summary>Run inside the new namespaces: $1 is the folder.</summary>
    public const string Setup =
        """
        mount -t proc proc /proc && hostname testnode &&
        mkdir -p /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt &&
        mount --bind "$1/etc" /etc/libvirt && mount --bind "$1/run" /run && mount --bind "$1/lib" /var/lib/libvirt &&
        mount --bind "$1/log" /var/log/libvirt && mount --bind "$1/cache" /var/cache/libvirt &&
        { [ ! -e /dev/kvm ] || mount --bind "$1/no-kvm" /dev/kvm; }
        """;

    // libvirtd asks each QEMU binary for its abilities at start, which takes seconds, unless its cache holds a valid answer.
    private const string Capabilities = "/var/cache/consoles/libvirt-capabilities";

    public const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly Lock LogGate = new();

    /// <summary>Makes the folder. Its path is short, since a unix socket's path has 107 bytes at most.</summary>
    public static string Create()
    {
        var folder = $"/tmp/clv-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        Directory.CreateDirectory(folder, ForAll);

        // The process's umask may have taken bits away, and QEMU runs as another user.
        File.SetUnixFileMode(folder, ForAll);
        return folder;
    }

    public static void Write(string folder, PortRange ports, IReadOnlyList<string> qemuConf)
    {
        foreach (var name in (string[])["etc/qemu/networks", "run/libvirt", "run/lock", "run/dbus", "lib/qemu", "lib/boot", "lib/images", "log/qemu", "cache/qemu/capabilities", "qemu"])
        {
            Directory.CreateDirectory(Path.Combine(folder, name), ForAll);
        }

        // QEMU's user makes its sockets and logs there.
        File.SetUnixFileMode(Path.Combine(folder, "qemu"), ForAll | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);

        if (Directory.Exists(Capabilities))
        {
            foreach (var file in Directory.EnumerateFiles(Capabilities, "*.xml"))
            {
                File.Copy(file, Path.Combine(folder, "cache/qemu/capabilities", Path.GetFileName(file)));
            }
        }

        File.WriteAllText(
            Path.Combine(folder, "etc/libvirtd.conf"),
            $"""
            host_uuid = "{Guid.NewGuid()}"
            auth_unix_ro = "none"
            auth_unix_rw = "none"
            unix_sock_ro_perms = "0777"
            unix_sock_rw_perms = "0777"
            log_filters = "3:remote 4:event 3:util 3:rpc"
            log_outputs = "3:file:/var/log/libvirt/libvirtd.log"

            """);

        // Guests are emulated. Where QEMU's user may not open /dev/kvm but root may, libvirtd asks QEMU for its abilities again
        // at every guest's start, nine seconds long, so it is hidden; libvirt's namespaces for QEMU cannot cope with that, and are off.
        File.WriteAllText(Path.Combine(folder, "no-kvm"), "");
        File.SetUnixFileMode(Path.Combine(folder, "no-kvm"), UnixFileMode.None);

        // Hosts share one cgroup tree, in which the names of their guests would collide.
        File.WriteAllText(
            Path.Combine(folder, "etc/qemu.conf"),
            $"""
            cgroup_controllers = [ ]
            namespaces = [ ]
            security_driver = "none"
            remember_owner = 0
            stdio_handler = "file"
            remote_display_port_min = {ports.First}
            remote_display_port_max = {ports.LastDisplay}
            remote_websocket_port_min = {ports.FirstWebSocket}
            remote_websocket_port_max = {ports.LastWebSocket}
            {string.Join('\n', qemuConf)}

            """);
    }

    /// <summary>Keeps what this host's libvirtd found out about QEMU for the next one.</summary>
    public static void KeepCapabilities(string folder)
    {
        Directory.CreateDirectory(Capabilities);

        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "cache/qemu/capabilities"), "*.xml"))
        {
            // Renamed into place: another host may be reading it.
            var copy = Path.Combine(Capabilities, $"{Guid.NewGuid():N}.new");
            File.Copy(file, copy);
            File.Move(copy, Path.Combine(Capabilities, Path.GetFileName(file)), overwrite: true);
        }
    }

    public static void AppendLog(string folder, string? line)
    {
        lock (LogGate)
        {
            if (line is not null && Directory.Exists(folder))
            {
                File.AppendAllText(Path.Combine(folder, "log/shell.log"), line + "\n");
            }
        }
    }

    /// <summary>The ends of all logs, for the message of a test that failed.</summary>
    public static string ReadLogs(string folder)
    {
        var logs = Path.Combine(folder, "log");

        return Directory.Exists(logs)
            ? string.Join(
                '\n',
                from file in Directory.EnumerateFiles(logs, "*.log", SearchOption.AllDirectories)
                select $"{Path.GetRelativePath(folder, file)}:\n{string.Join('\n', File.ReadLines(file).TakeLast(20))}")
            : "There are no logs.";
    }
}
