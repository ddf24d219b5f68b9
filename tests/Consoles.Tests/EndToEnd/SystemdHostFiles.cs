namespace Consoles.Tests.EndToEnd;

/// <summary>The shell texts that make a <see cref="SystemdHost"/>.</summary>
internal static class SystemdHostFiles
{
    /// <summary>Where of the folder the host has its own: the rest is this machine's, and writes to it are lost with the host.</summary>
    public const string OwnDirectories = "etc:/etc/libvirt pki:/etc/pki run:/run lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt";

    /// <summary>Run in a mount namespace of its own: $1 is the folder. It prints the pid of the host's first process, and ends the host when its input ends.</summary>
    public const string Keeper =
        """
        pause() { read -rt 0.05 <> <(:) || true; }
        mkdir "$1/cgroup" && mount -t cgroup2 cgroup2 "$1/cgroup" && group=$1/cgroup/consoles-${1##*/} && mkdir "$group" || exit
        (
          echo "$BASHPID" > "$group/cgroup.procs"
          exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child --propagation private bash "$1/init" "$@"
        ) < /dev/null &
        outer=$!
        while kill -0 "$outer"; do
          first=$(< "/proc/$outer/task/$outer/children")
          [ -z "$first" ] || break
          pause
        done
        echo "$first"
        cat > /dev/null
        kill -KILL "$outer"
        wait "$outer"
        for _ in {1..200}; do
          find "$group" -depth -type d -exec rmdir {} + 2> /dev/null
          [ -e "$group" ] || break
          pause
        done
        """;

    /// <summary>The host's first process, until it is systemd: $1 is the folder, what follows are directories that it is to have under the same paths.</summary>
    /// <remarks>
    /// The root is this machine's, under a layer that lives in memory. /sys and /proc/sys are read-only, /dev has no device of the machine.
    /// Of systemd's units those alone are started that a node with libvirtd needs; none that would touch the machine or its network.
    /// </remarks>
    public const string Init =
        $$"""
        set -e
        folder=$1
        shift
        mkdir "$folder/disk"
        mount -t tmpfs -o mode=755 tmpfs "$folder/disk"
        mkdir "$folder"/disk/{upper,work,root}
        root=$folder/disk/root
        mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/disk/upper,workdir=$folder/disk/work" "$root"
        mount -t proc proc "$root/proc"
        mount --bind "$root/proc/sys" "$root/proc/sys"
        mount -o remount,bind,ro "$root/proc/sys"
        mount -t sysfs -o ro sysfs "$root/sys"
        mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
        mount -t tmpfs -o mode=755 dev "$root/dev"
        mkdir "$root"/dev/{pts,shm}
        for node in null zero full random urandom tty; do
          : > "$root/dev/$node"
          mount --bind "/dev/$node" "$root/dev/$node"
        done
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
        for own in {{OwnDirectories}}; do
          mkdir -p "$root${own#*:}"
          mount --bind "$folder/${own%%:*}" "$root${own#*:}"
        done
        for same in "$folder" "$@"; do
          mkdir -p "$root$same"
          mount --bind "$same" "$root$same"
        done

        units=$root/etc/systemd/system
        rm -rf "$root"/{etc,lib,usr/lib}/systemd/system/*.wants
        mkdir -p "$units/sockets.target.wants"
        for unit in dbus systemd-journald systemd-journald-dev-log libvirtd libvirtd-ro libvirtd-admin virtlogd; do
          ln -s "/lib/systemd/system/$unit.socket" "$units/sockets.target.wants/$unit.socket"
        done
        for unit in systemd-machined.service systemd-logind.service systemd-remount-fs.service systemd-journald-audit.socket; do
          ln -sf /dev/null "$units/$unit"
        done
        printf '[Unit]\nRequires=sockets.target dbus.service\nAfter=sockets.target dbus.service\n' > "$units/consoles.target"
        # What a container's image forbids, and what this program left on the machine, is not there.
        rm -rf "$root"/usr/sbin/policy-rc.d "$root"/etc/consoles "$root"/var/lib/consoles{,-agent}
        rm -f "$root/etc/machine-id"
        tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
        hostname testnode

        cd "$root"
        mkdir .old
        pivot_root . .old
        umount -l /.old
        export container=consoles
        exec /lib/systemd/systemd --system --log-target=journal --show-status=0 --unit=consoles.target < /dev/null
        """;
}
