using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Agent.Systemd;

/// <summary>The functions of libsystemd.so.0 that the agent calls (sd-bus(3)), one line each. Nothing here decides anything.</summary>
internal static unsafe partial class SystemBusNative
{
    private const string Library = "libsystemd.so.0";

    [LibraryImport(Library, EntryPoint = "sd_bus_open_system")]
    internal static partial int OpenSystem(out BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_flush_close_unref")]
    internal static partial nint FlushCloseUnref(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_process")]
    internal static partial int Process(BusHandle bus, nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_wait")]
    internal static partial int Wait(BusHandle bus, ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_new_method_call", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int NewMethodCall(BusHandle bus, out MessageHandle message, string destination, string path, string face, string member);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_append_basic", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Append(MessageHandle message, byte type, string value);

    // The text belongs to the message: it must not be freed, so it is not marshalled as a string.
    [LibraryImport(Library, EntryPoint = "sd_bus_message_read_basic")]
    internal static partial int Read(nint message, byte type, void* value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_unref")]
    internal static partial nint Unref(nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_call")]
    internal static partial int Call(BusHandle bus, MessageHandle message, ulong microseconds, ref BusError error, out MessageHandle reply);

    // The caller owns the text: on Linux the UTF-8 marshaller releases it with free(), as sd-bus asks.
    [LibraryImport(Library, EntryPoint = "sd_bus_get_property_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetString(BusHandle bus, string destination, string path, string face, string member, ref BusError error, out string? value);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_property_trivial", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetTrivial(BusHandle bus, string destination, string path, string face, string member, ref BusError error, byte type, void* value);

    [LibraryImport(Library, EntryPoint = "sd_bus_match_signal", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MatchSignal(
        BusHandle bus, nint slot, string sender, string path, string face, string member, delegate* unmanaged[Cdecl]<nint, nint, BusError*, int> handler, nint state);

    [LibraryImport(Library, EntryPoint = "sd_bus_error_free")]
    internal static partial void FreeError(ref BusError error);

    /// <summary>sd_bus_error. Its texts are the library's until <see cref="FreeError"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BusError
    {
        internal nint Name;
        internal nint Message;
        internal int NeedFree;
    }
}

/// <summary>An sd_bus.</summary>
internal sealed class BusHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        SystemBusNative.FlushCloseUnref(handle);
        return true;
    }
}

/// <summary>An sd_bus_message.</summary>
internal sealed class MessageHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        SystemBusNative.Unref(handle);
        return true;
    }
}
