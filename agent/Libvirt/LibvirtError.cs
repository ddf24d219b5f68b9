using System.Runtime.InteropServices;

namespace Consoles.Agent.Libvirt;

/// <summary>Puts libvirt's numbers into words.</summary>
internal static unsafe class LibvirtError
{
    /// <summary>The last error of this thread. libvirt keeps one for each thread, so it must be read before anything can move to another one.</summary>
    public static LibvirtException Last(string attempt)
    {
        var error = LibvirtNative.GetLastError();

        return error is null
            ? new LibvirtException($"{attempt}: libvirt failed without saying why")
            : new LibvirtException($"{attempt}: {Marshal.PtrToStringUTF8(error->Message)} (libvirt error {error->Code})", error->Code);
    }

    /// <summary>virDomainState of libvirt/libvirt-domain.h, in the words that virsh uses without its spaces.</summary>
    public static string StateName(int state) => state switch
    {
        1 => "running",
        2 => "blocked",
        3 => "paused",
        4 => "shutdown",
        5 => "shutoff",
        6 => "crashed",
        7 => "pmsuspended",
        _ => "nostate",
    };

    /// <summary>VIR_DOMAIN_PAUSED for VIR_DOMAIN_PAUSED_STARTING_UP.</summary>
    public static bool IsStarting(int state, int reason) => (state, reason) is (3, 11);
}
