using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>What libvirt calls on its event thread. Each only notes what happened: a call to libvirt from here would wait for this very thread.</summary>
/// <remarks>The state of a registration is a GCHandle, here to its <see cref="DomainChanges"/>; libvirt gives it back once, through <see cref="FreeState"/>.</remarks>
internal static unsafe class LibvirtCallbacks
{
    // virDomainEventID of libvirt/libvirt-domain.h, with the callback whose shape each wants.
    public static readonly IReadOnlyList<(int EventId, nint Callback, string Name)> Events =
    [
        (0, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void>)&OnLifecycle, "lifecycle"),
        (5, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int, nint, nint, nint, nint, nint, void>)&OnGraphics, "graphics"),
        // A serial line can be plugged in and pulled out while the domain runs.
        (8, (nint)(delegate* unmanaged[Cdecl]<nint, nint, nint, nint, void>)&OnDevice, "device removed"),
        (19, (nint)(delegate* unmanaged[Cdecl]<nint, nint, nint, nint, void>)&OnDevice, "device added"),
    ];

    /// <summary>Registers a callback whose state is a handle to <paramref name="target"/>.</summary>
    /// <returns>libvirt's number of the registration, where it gives one.</returns>
    /// <exception cref="LibvirtException">libvirt refused.</exception>
    public static int Register(object target, string attempt, Func<nint, int> register)
    {
        var state = GCHandle.Alloc(target);
        var id = register(GCHandle.ToIntPtr(state));

        if (id >= 0)
        {
            return id;
        }

        // libvirt has not taken the state over, so it is still ours to free.
        var fault = LibvirtError.Last(attempt);
        state.Free();
        throw fault;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void FreeState(nint state) => GCHandle.FromIntPtr(state).Free();

    // virConnectCloseReason of libvirt/libvirt-common.h.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnClose(nint connection, int reason, nint state) => Changes(state).Close(reason switch
    {
        1 => "libvirt closed the connection",
        2 => "libvirt stopped answering keepalive messages",
        3 => "the connection to libvirt was closed by this agent",
        _ => "the connection to libvirt failed",
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLifecycle(nint connection, nint domain, int happening, int detail, nint state) => Note(domain, state);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnGraphics(nint connection, nint domain, int phase, nint local, nint remote, nint authScheme, nint subject, nint state) => Note(domain, state);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDevice(nint connection, nint domain, nint alias, nint state) => Note(domain, state);

    private static void Note(nint domain, nint state)
    {
        Span<byte> uuid = stackalloc byte[16];

        if (LibvirtNative.GetUuid(domain, uuid) == 0)
        {
            Changes(state).Add(new DomainId(new Guid(uuid, bigEndian: true)));
        }
    }

    private static DomainChanges Changes(nint state) => (DomainChanges)GCHandle.FromIntPtr(state).Target!;
}
