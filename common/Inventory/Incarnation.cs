namespace Consoles.Common.Inventory;

/// <summary>One run of a domain, from the start of its QEMU process to its end. A token is bound to it, never to an address.</summary>
/// <param name="Domain">The domain that runs.</param>
/// <param name="StartTicks">The QEMU process's start time in clock ticks since boot (field 22 of /proc/PID/stat), or 0 where there is no process to ask.</param>
/// <param name="QemuPid">The QEMU process, or libvirt's domain id where there is no process to ask (test:///, a remote URI).</param>
public sealed record Incarnation(DomainId Domain, long StartTicks, int QemuPid)
{
    public override string ToString() => $"{Domain}/{StartTicks}/{QemuPid}";
}
