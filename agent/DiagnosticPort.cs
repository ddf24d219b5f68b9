using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Consoles.Agent;

/// <summary>
/// Keeps the runtime from listening: it opens a unix socket in the temporary directory for debuggers and tracers, and nothing of ours listens on a node.
/// The runtime reads that setting from its environment alone, so the process is begun anew with it, as the same process (execve(2)).
/// </summary>
/// <remarks>Whoever wants to look into an agent sets DOTNET_EnableDiagnostics_IPC=1.</remarks>
internal static partial class DiagnosticPort
{
    private const string Setting = "DOTNET_EnableDiagnostics_IPC";

    /// <summary>Returns only where the setting is made already, whichever way, or cannot be made.</summary>
    public static void Close()
    {
        if (Environment.GetEnvironmentVariable(Setting) is not null || Environment.GetEnvironmentVariable("DOTNET_EnableDiagnostics") is not null)
        {
            return;
        }

        var arguments = File.ReadAllText("/proc/self/cmdline", Encoding.UTF8).TrimEnd('\0').Split('\0');
        var environment = File.ReadAllText("/proc/self/environ", Encoding.UTF8).Split('\0', StringSplitOptions.RemoveEmptyEntries);

        // The socket's file would be left behind: the runtime removes it at an end of its own making.
        foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{Environment.ProcessId}-*-socket")))
        {
            File.Delete(file);
        }

        _ = Execute("/proc/self/exe", [.. arguments, null], [.. environment, $"{Setting}=0", null]);
    }

    [LibraryImport("libc", EntryPoint = "execve", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments, string?[] environment);
}
