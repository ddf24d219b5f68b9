using System.Runtime.InteropServices;

namespace Consoles.Agent.Certificates;

/// <summary>The functions of libc that know the machine's users and groups. Only <see cref="QemuUser"/> calls them.</summary>
internal static partial class UserNative
{
    // Both fill a struct of pointers and numbers (at most 48 bytes) and put the strings into the buffer; result is null when there is no such name.
    [LibraryImport("libc", EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FindUser(string name, Span<byte> user, Span<byte> buffer, nint length, out nint result);

    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FindGroup(string name, Span<byte> group, Span<byte> buffer, nint length, out nint result);
}
