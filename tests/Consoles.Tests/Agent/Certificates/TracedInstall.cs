using System.Diagnostics;
using System.Text.RegularExpressions;
using Consoles.Tests.EndToEnd;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>The real <c>consoles-agent certificates install</c> as a process of its own, under strace, which kills it or fails its calls where it is told to.</summary>
internal static partial class TracedInstall
{
    /// <summary>The calls by which an installation changes anything. A file that was made and not written yet is what the call after its making meets.</summary>
    public static readonly IReadOnlyList<string> Calls =
    [
        "mkdir", "mkdirat", "rename", "renameat", "renameat2", "symlink", "symlinkat", "link", "linkat", "unlink", "unlinkat", "rmdir",
        "fsync", "fdatasync", "fchmod", "chmod", "fchown", "chown", "lchown", "fchownat", "pwrite64", "pwritev", "ftruncate",
    ];

    public static string[] Arguments(string from, string into) =>
        [System.IO.Path.Combine(AppContext.BaseDirectory, "consoles-agent.dll"), "certificates", "install", "--from", from, "--into", into, "--name", CertificateFixture.Node];

    /// <summary>How often the thread that installs makes each of the calls.</summary>
    public static async Task<IReadOnlyDictionary<string, int>> CountAsync(string from, string into, string log)
    {
        var result = await RunAsync(from, into, "-o", log, "-e", $"trace={string.Join(',', Calls)}");
        result.ExitCode.Should().Be(0, because: result.Errors);

        // strace counts by thread, and so does this: the one that syncs is the one that installs.
        var calls = File.ReadLines(log).Select(line => Call().Match(line)).Where(match => match.Success).ToList();
        var thread = calls.First(call => call.Groups["call"].Value == "fsync").Groups["thread"].Value;
        return calls.Where(call => call.Groups["thread"].Value == thread).GroupBy(call => call.Groups["call"].Value, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
    }

    /// <param name="injection">What strace does at which call, e.g. <c>fsync:signal=KILL:when=3</c>.</param>
    public static Task<CommandResult> InjectAsync(string from, string into, string injection) =>
        RunAsync(from, into, "-o", "/dev/null", "-e", $"trace={injection.Split(':')[0]}", "-e", $"inject={injection}");

    private static async Task<CommandResult> RunAsync(string from, string into, params string[] options)
    {
        // Not with --seccomp-bpf, which would be faster: strace 6.1 then sends no signal but at the first call. The runtime's own files and pages would be counted.
        var start = new ProcessStartInfo("strace", ["-f", "-qq", "-E", "DOTNET_TieredPGO=0", "-E", "DOTNET_EnableDiagnostics=0", "-E", "DOTNET_EnableWriteXorExecute=0", .. options, "dotnet", .. Arguments(from, into)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return new CommandResult(process.ExitCode, await output, await errors);
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<call>\w+)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Call();
}
