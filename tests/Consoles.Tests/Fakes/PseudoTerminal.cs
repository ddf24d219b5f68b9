using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Consoles.Tests.EndToEnd;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Tests.Fakes;

/// <summary>A terminal whose screen is read when a test reads it, and never otherwise.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWriteNoOwner = 0x2 | 0x100;
    private const short CanWrite = 0x4;

    private readonly SafeFileHandle _master;
    private readonly FileStream _keys;
    private readonly SafeFileHandle _screen;

    public PseudoTerminal()
    {
        _master = new SafeFileHandle(Check(Open(ReadWriteNoOwner)), ownsHandle: true);
        Check(Grant(_master));
        Check(Unlock(_master));
        _keys = new FileStream(_master, FileAccess.Write, bufferSize: 0);
        var name = new byte[64];
        Check(-NameOf(_master, name, name.Length));
        Path = Encoding.ASCII.GetString(name, 0, Array.IndexOf(name, (byte)0));
        _screen = File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    /// <summary>Where programs open it.</summary>
    public string Path { get; }

    /// <summary>Whether a program that writes to the screen now would wait.</summary>
    public bool IsFull
    {
        get
        {
            var wanted = new Polled { File = (int)_screen.DangerousGetHandle(), Events = CanWrite };
            Check(Poll(ref wanted, 1, 0));
            return (wanted.Happened & CanWrite) == 0;
        }
    }

    public void Type(string keys) => _keys.Write(Encoding.ASCII.GetBytes(keys));

    /// <summary>How it is set, in stty's words for itself.</summary>
    public Task<string> SettingsAsync() => Command.RunAsync("stty", ["-g", "-F", Path]);

    public void Dispose()
    {
        _screen.Dispose();
        _keys.Dispose();
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception();

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int Open(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int NameOf(SafeFileHandle master, Span<byte> name, nint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Polled file, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int File;
        public short Events;
        public short Happened;
    }
}
