using System.Runtime.InteropServices;

namespace Consoles.Agent.Libvirt;

/// <summary>The stream functions of libvirt.so.0 that the agent calls (libvirt/libvirt-stream.h), one line each. Nothing here decides anything.</summary>
internal static unsafe partial class LibvirtStreamNative
{
    private const string Library = "libvirt.so.0";

    [LibraryImport(Library, EntryPoint = "virStreamNew")]
    internal static partial StreamHandle New(ConnectionHandle connection, uint flags);

    [LibraryImport(Library, EntryPoint = "virStreamFree")]
    internal static partial int Free(nint stream);

    [LibraryImport(Library, EntryPoint = "virStreamAbort")]
    internal static partial int Abort(StreamHandle stream);

    [LibraryImport(Library, EntryPoint = "virStreamFinish")]
    internal static partial int Finish(StreamHandle stream);

    // The count of bytes, 0 at the end, -1 for a failure, -2 when it would block.
    [LibraryImport(Library, EntryPoint = "virStreamRecv")]
    internal static partial int Receive(StreamHandle stream, Span<byte> buffer, nuint size);

    [LibraryImport(Library, EntryPoint = "virStreamSend")]
    internal static partial int Send(StreamHandle stream, ReadOnlySpan<byte> bytes, nuint size);

    [LibraryImport(Library, EntryPoint = "virStreamEventAddCallback")]
    internal static partial int AddCallback(
        StreamHandle stream, int events, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback, nint state, delegate* unmanaged[Cdecl]<nint, void> free);

    [LibraryImport(Library, EntryPoint = "virStreamEventUpdateCallback")]
    internal static partial int UpdateCallback(StreamHandle stream, int events);

    // By address, because callbacks are lent a stream that they must not free.
    [LibraryImport(Library, EntryPoint = "virStreamEventUpdateCallback")]
    internal static partial int UpdateLentCallback(nint stream, int events);

    [LibraryImport(Library, EntryPoint = "virStreamEventRemoveCallback")]
    internal static partial int RemoveCallback(StreamHandle stream);

    [LibraryImport(Library, EntryPoint = "virDomainOpenConsole", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenConsole(DomainHandle domain, string device, StreamHandle stream, uint flags);

    // The caller owns the text, which names the picture's type.
    [LibraryImport(Library, EntryPoint = "virDomainScreenshot", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial string? Screenshot(DomainHandle domain, StreamHandle stream, uint screen, uint flags);

    // A call to the daemon, unlike virConnectIsAlive.
    [LibraryImport(Library, EntryPoint = "virConnectGetLibVersion")]
    internal static partial int GetLibVersion(ConnectionHandle connection, out CULong version);
}
