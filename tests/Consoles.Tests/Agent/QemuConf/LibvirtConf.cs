using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consoles.Agent.Libvirt;
using Consoles.Agent.QemuConf;

namespace Consoles.Tests.Agent.QemuConf;

/// <summary>libvirt's own reader of qemu.conf, which its library exports for libvirtd, so that ours can be held against it.</summary>
internal static unsafe partial class LibvirtConf
{
    private const string Library = "libvirt.so.0";

    static LibvirtConf()
    {
        _ = Initialize();
        LibvirtNative.SetErrorFunc(0, &Ignore);
    }

    /// <returns>The value of each name, in order, null for those that are not set; or null when libvirt refuses the text.</returns>
    public static IReadOnlyList<QemuConfValue?>? Read(string text, IEnumerable<string> names)
    {
        var conf = ReadString(text, 0);

        if (conf == 0)
        {
            return null;
        }

        try
        {
            return [.. names.Select(name => Convert((Value*)Get(conf, name)))];
        }
        finally
        {
            _ = Free(conf);
        }
    }

    private static QemuConfValue? Convert(Value* value) => value == null ? null : value->Type switch
    {
        1 => new QemuConfNumber(value->Number, Signed: true),
        2 => new QemuConfNumber(value->Number, Signed: false),
        3 => new QemuConfString(Marshal.PtrToStringUTF8(value->Text)!),
        _ => new QemuConfList([.. Items(value->List).Select(item => item!)]),
    };

    private static List<QemuConfValue?> Items(Value* item)
    {
        var items = new List<QemuConfValue?>();

        for (; item != null; item = item->Next)
        {
            items.Add(Convert(item));
        }

        return items;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint state, LibvirtNative.VirError* error)
    {
        // Without this, libvirt prints each refusal.
    }

    [LibraryImport(Library, EntryPoint = "virInitialize")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "virConfReadString", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadString(string text, uint flags);

    [LibraryImport(Library, EntryPoint = "virConfGetValue", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Get(nint conf, string name);

    [LibraryImport(Library, EntryPoint = "virConfFree")]
    private static partial int Free(nint conf);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Value
    {
        public readonly int Type;
        public readonly Value* Next;
        public readonly long Number;
        public readonly nint Text;
        public readonly Value* List;
    }
}
