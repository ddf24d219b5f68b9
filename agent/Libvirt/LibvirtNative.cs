using System.Runtime.InteropServices;

namespace Consoles.Agent.Libvirt;

/// <summary>The functions of libvirt.so.0 that the agent calls, one line each. Nothing here decides anything.</summary>
internal static unsafe partial class LibvirtNative
{
    private const string Library = "libvirt.so.0";

    [LibraryImport(Library, EntryPoint = "virInitialize")]
    internal static partial int Initialize();

    // libvirt owns the error: it lives until the next call on the same thread, and belongs to that thread alone.
    [LibraryImport(Library, EntryPoint = "virGetLastError")]
    internal static partial VirError* GetLastError();

    [LibraryImport(Library, EntryPoint = "virSetErrorFunc")]
    internal static partial void SetErrorFunc(nint state, delegate* unmanaged[Cdecl]<nint, VirError*, void> callback);

    [LibraryImport(Library, EntryPoint = "virEventRegisterDefaultImpl")]
    internal static partial int EventRegisterDefaultImpl();

    [LibraryImport(Library, EntryPoint = "virEventRunDefaultImpl")]
    internal static partial int EventRunDefaultImpl();

    [LibraryImport(Library, EntryPoint = "virEventAddTimeout")]
    internal static partial int EventAddTimeout(int milliseconds, delegate* unmanaged[Cdecl]<int, nint, void> callback, nint state, nint free);

    [LibraryImport(Library, EntryPoint = "virConnectOpen", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ConnectionHandle Open(string uri);

    [LibraryImport(Library, EntryPoint = "virConnectOpenReadOnly", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ConnectionHandle OpenReadOnly(string uri);

    [LibraryImport(Library, EntryPoint = "virConnectClose")]
    internal static partial int Close(nint connection);

    // Asks the socket on this side, not the daemon: it does not block.
    [LibraryImport(Library, EntryPoint = "virConnectIsAlive")]
    internal static partial int IsAlive(ConnectionHandle connection);

    [LibraryImport(Library, EntryPoint = "virConnectSetKeepAlive")]
    internal static partial int SetKeepAlive(ConnectionHandle connection, int interval, uint count);

    [LibraryImport(Library, EntryPoint = "virConnectRegisterCloseCallback")]
    internal static partial int RegisterCloseCallback(
        ConnectionHandle connection, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback, nint state, delegate* unmanaged[Cdecl]<nint, void> free);

    [LibraryImport(Library, EntryPoint = "virConnectUnregisterCloseCallback")]
    internal static partial int UnregisterCloseCallback(ConnectionHandle connection, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback);

    // The callback's type depends on the event, so it travels as a plain address.
    [LibraryImport(Library, EntryPoint = "virConnectDomainEventRegisterAny")]
    internal static partial int DomainEventRegister(
        ConnectionHandle connection, nint domain, int eventId, nint callback, nint state, delegate* unmanaged[Cdecl]<nint, void> free);

    [LibraryImport(Library, EntryPoint = "virConnectDomainEventDeregisterAny")]
    internal static partial int DomainEventDeregister(ConnectionHandle connection, int callbackId);

    // The caller owns the array, to be released with free(), and each domain in it.
    [LibraryImport(Library, EntryPoint = "virConnectListAllDomains")]
    internal static partial int ListAllDomains(ConnectionHandle connection, out nint* domains, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainLookupByUUID")]
    internal static partial DomainHandle FindDomain(ConnectionHandle connection, ReadOnlySpan<byte> uuid);

    [LibraryImport(Library, EntryPoint = "virDomainFree")]
    internal static partial int FreeDomain(nint domain);

    // The domain owns this text: it must not be freed, so it is not marshalled as a string.
    [LibraryImport(Library, EntryPoint = "virDomainGetName")]
    internal static partial nint GetName(DomainHandle domain);

    // By address, because callbacks are lent a domain that they must not free.
    [LibraryImport(Library, EntryPoint = "virDomainGetUUID")]
    internal static partial int GetUuid(nint domain, Span<byte> uuid);

    // virDomainGetID says (unsigned)-1 of a domain that does not run.
    [LibraryImport(Library, EntryPoint = "virDomainGetID")]
    internal static partial int GetId(DomainHandle domain);

    [LibraryImport(Library, EntryPoint = "virDomainGetState")]
    internal static partial int GetState(DomainHandle domain, out int state, out int reason, uint flags);

    // The caller owns this text: on Linux the UTF-8 marshaller releases it with free(), as libvirt asks.
    [LibraryImport(Library, EntryPoint = "virDomainGetXMLDesc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial string? GetXml(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSendKey")]
    internal static partial int SendKeys(DomainHandle domain, uint codeSet, uint holdMilliseconds, ReadOnlySpan<uint> keys, int count, uint flags);

    // The caller owns the descriptor, a connected socket.
    [LibraryImport(Library, EntryPoint = "virDomainOpenGraphicsFD")]
    internal static partial int OpenGraphics(DomainHandle domain, uint index, uint flags);

    // Not in a libvirt older than 10.2.
    [LibraryImport(Library, EntryPoint = "virDomainGraphicsReload")]
    internal static partial int ReloadGraphics(DomainHandle domain, uint type, uint flags);

    /// <summary>virError of libvirt/virterror.h, as far as it is read here.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct VirError
    {
        public readonly int Code;
        public readonly int Domain;
        public readonly nint Message;
    }
}
