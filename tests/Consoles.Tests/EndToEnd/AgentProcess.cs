using System.Diagnostics;
using System.Globalization;

namespace Consoles.Tests.EndToEnd;

/// <summary>The real agent as a process of its own.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly Process _process;

    private AgentProcess(Process process) => _process = process;

    /// <param name="state">Where it was enrolled.</param>
    public static AgentProcess Start(string state, string libvirt)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };

        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "consoles-agent.dll"), "run", "--state", state, "--connect", libvirt })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;

        // What it says must not fill the pipes.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        return new AgentProcess(process);
    }

    /// <summary>The sockets on which the process listens, of whatever family: those of its descriptors that the kernel lists as listening (proc(5), /proc/net).</summary>
    public IReadOnlyList<string> ListeningSockets()
    {
        var own = Directory.EnumerateFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/fd"))
            .Select(descriptor => new FileInfo(descriptor).LinkTarget)
            .Where(target => target?.StartsWith("socket:[", StringComparison.Ordinal) == true)
            .Select(target => target!["socket:[".Length..^1])
            .ToHashSet(StringComparer.Ordinal);

        own.Should().NotBeEmpty(because: "it is connected to its broker and to libvirt");

        return [.. Listening("tcp", state: 3, listening: "0A", inode: 9), .. Listening("tcp6", state: 3, listening: "0A", inode: 9), .. Listening("unix", state: 3, listening: "00010000", inode: 6)];

        IEnumerable<string> Listening(string family, int state, string listening, int inode) =>
            from line in File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/net/{family}")).Skip(1)
            let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            where fields[state] == listening && own.Contains(fields[inode])
            select $"{family} {line.Trim()}";
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }

        _process.Dispose();
    }
}
