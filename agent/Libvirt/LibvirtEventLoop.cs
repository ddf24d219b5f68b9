using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consoles.Agent.Libvirt;

/// <summary>libvirt's default event loop, on one background thread for the life of the process. It must run before the first connection opens.</summary>
internal static unsafe class LibvirtEventLoop
{
    // libvirt can have one event loop in a process, and none can be taken away again.
    private static readonly Lazy<bool> Started = new(Start);

    /// <exception cref="LibvirtException">libvirt cannot be used on this machine at all.</exception>
    public static void EnsureStarted()
    {
        if (!Started.Value)
        {
            throw new LibvirtException("start libvirt's event loop: libvirt did not initialise");
        }
    }

    private static bool Start()
    {
        try
        {
            // A timer that never fires lets the loop wait while no connection is open; otherwise it would spin.
            if (LibvirtNative.Initialize() < 0 || LibvirtNative.EventRegisterDefaultImpl() < 0 || LibvirtNative.EventAddTimeout(-1, &Tick, 0, 0) < 0)
            {
                return false;
            }
        }
        catch (DllNotFoundException missing)
        {
            throw new LibvirtException("load libvirt.so.0: it is not installed (Debian: apt-get install libvirt0)", inner: missing);
        }

        // Without a handler of ours libvirt prints every error to the process's stderr.
        LibvirtNative.SetErrorFunc(0, &Ignore);
        new Thread(Run) { IsBackground = true, Name = "libvirt-events" }.Start();
        return true;
    }

    private static void Run()
    {
        // The default implementation fails only when it was not registered.
        while (LibvirtNative.EventRunDefaultImpl() == 0)
        {
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint state, LibvirtNative.VirError* error)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Tick(int timer, nint state)
    {
    }
}
