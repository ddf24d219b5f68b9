using System.Runtime.InteropServices;

namespace Consoles.Agent.Libvirt;

/// <summary>The function of libvirt-qemu.so.0 that the agent calls.</summary>
internal static partial class LibvirtQemuNative
{
    private const string Library = "libvirt-qemu.so.0";

    // The caller owns the text: on Linux the UTF-8 marshaller releases it with free(), as libvirt asks.
    [LibraryImport(Library, EntryPoint = "virDomainQemuMonitorCommand", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MonitorCommand(DomainHandle domain, string command, out string? result, uint flags);
}
