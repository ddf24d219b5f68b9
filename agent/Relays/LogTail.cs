using System.Runtime.InteropServices;
using Consoles.Common.Link;
using Microsoft.Win32.SafeHandles;

namespace Consoles.Agent.Relays;

/// <summary>Reads the end of a log file that domain XML names, which may name anything: only a regular file in a directory of logs is read.</summary>
internal static partial class LogTail
{
    // O_RDONLY | O_NONBLOCK | O_CLOEXEC, the same on x86-64 and arm64: a pipe must not hold us up, and is then refused.
    private const int Flags = 0x800 | 0x80000;

    /// <exception cref="StreamOpenException">It is not read, or cannot be.</exception>
    public static byte[] Read(string path, IEnumerable<string> directories, int size)
    {
        using var file = Open(path);

        // What was opened, whatever links led there, and not what the name says.
        var opened = file.IsInvalid ? null : File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)?.FullName;

        if (opened is null || !directories.Any(directory => opened.StartsWith($"{Path.TrimEndingDirectorySeparator(directory)}/", StringComparison.Ordinal)))
        {
            throw new StreamOpenException(StreamFault.Failed, "The console's log file could not be read, or is not in a directory of logs.");
        }

        try
        {
            using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);

            if (!stream.CanSeek)
            {
                throw new StreamOpenException(StreamFault.Failed, "The console's log file is not a file.");
            }

            var tail = new byte[Math.Min(size, stream.Length)];
            stream.Position = stream.Length - tail.Length;
            return tail[..stream.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StreamOpenException(StreamFault.Failed, "The console's log file could not be read.", fault);
        }
    }

    // The caller owns the descriptor.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    private static SafeFileHandle Open(string path) => Open(path, Flags);
}
