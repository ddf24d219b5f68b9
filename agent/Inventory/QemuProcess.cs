using System.Globalization;
using System.Text;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>A process of this machine that runs a domain, by its own word in /proc (proc(5)).</summary>
/// <param name="StartTicks">Together with the pid it names one process for as long as the machine is up: pids are reused, starts are not.</param>
/// <param name="InnerPid">Its pid in the innermost pid namespace that it lives in; the same as <paramref name="Pid"/> outside of containers.</param>
internal sealed record QemuProcess(int Pid, long StartTicks, int InnerPid)
{
    // ARG_MAX allows more, but no QEMU command line that libvirt writes comes near it.
    private const int MaxCommandLine = 1024 * 1024;

    /// <returns>The process, or null when there is none of that pid or it does not run that domain.</returns>
    public static QemuProcess? Find(string proc, int pid, DomainId domain)
    {
        var directory = Path.Join(proc, pid.ToString(CultureInfo.InvariantCulture));

        try
        {
            // The start is read first: if the process is replaced in between, its successor's command line refuses it.
            var ticks = StartTicksOf(ReadSome(Path.Join(directory, "stat"), 4096));

            return ticks is { } start && RunsDomain(ReadSome(Path.Join(directory, "cmdline"), MaxCommandLine), domain)
                ? new QemuProcess(pid, start, InnerPidOf(ReadSome(Path.Join(directory, "status"), 64 * 1024)) ?? pid)
                : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null; // It ended while we looked, or it is nobody's business of ours.
        }
    }

    /// <returns>Field 22 of /proc/PID/stat. Field 2 is the process's name, in parentheses, and may hold anything, parentheses too.</returns>
    internal static long? StartTicksOf(string stat)
    {
        const int StartTime = 22;
        const int FirstAfterName = 3;

        var name = stat.LastIndexOf(')');
        var fields = name < 0 ? [] : stat[(name + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);

        return fields.Length > StartTime - FirstAfterName && long.TryParse(fields[StartTime - FirstAfterName], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? ticks
            : null;
    }

    /// <summary>libvirt starts every QEMU with -uuid and the domain's UUID as two arguments.</summary>
    internal static bool RunsDomain(string commandLine, DomainId domain) => UuidOf(commandLine) is { } uuid && uuid == domain;

    internal static DomainId? UuidOf(string commandLine)
    {
        var arguments = commandLine.Split('\0');
        var option = Array.IndexOf(arguments, "-uuid");

        return option >= 0 && option + 1 < arguments.Length && DomainId.TryParse(arguments[option + 1], null, out var id) ? id : null;
    }

    /// <summary>The domain of any process, or null when it runs none or cannot be looked at.</summary>
    internal static DomainId? DomainOf(string processDirectory)
    {
        try
        {
            return UuidOf(ReadSome(Path.Join(processDirectory, "cmdline"), MaxCommandLine));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int? InnerPidOf(string status)
    {
        var line = status.Split('\n').FirstOrDefault(line => line.StartsWith("NSpid:", StringComparison.Ordinal));
        var inner = line?.Split('\t', ' ')[^1];

        return int.TryParse(inner, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    private static string ReadSome(string path, int limit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 4096);
        using var text = new MemoryStream();
        var buffer = new byte[4096];

        for (int read; text.Length < limit && (read = file.Read(buffer)) > 0;)
        {
            text.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
