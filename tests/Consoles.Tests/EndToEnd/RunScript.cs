using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>./run, as a person starts it, in a copy of the tree and with a state directory of its own.</summary>
internal sealed class RunScript : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();

    private RunScript(Process process)
    {
        _process = process;
    }

    /// <summary>What it printed for people to use.</summary>
    public IReadOnlyList<string> Output { get; private set; } = [];

    public TimeSpan StartedIn { get; private set; }

    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>All it said, progress and errors too.</summary>
    public string Said => string.Join('\n', _said);

    /// <summary>Starts it, and waits until it has printed where to look.</summary>
    public static async Task<RunScript> StartAsync(string tree, string state, string libvirtUri, int port, params string[] more)
    {
        var watch = Stopwatch.StartNew();
        var run = Launch(tree, ["--state", state, "--connect", libvirtUri, "--port", port.ToString(CultureInfo.InvariantCulture), .. more]);

        try
        {
            await Eventually.TrueAsync(() => run._process.HasExited || run._said.Any(line => line.Contains("Ctrl-C", StringComparison.Ordinal)), StartLimit, () => run.Said);
            run.ExitCode.Should().BeNull(because: run.Said);
            run.StartedIn = watch.Elapsed;
            run.Output = [.. run._said];
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    public static RunScript Launch(string tree, IEnumerable<string> arguments)
    {
        var process = new Process
        {
            // As at a terminal: a test run in the background ignores SIGINT, and what a shell finds ignored it cannot trap.
            StartInfo = new ProcessStartInfo("env", ["--default-signal=INT,TERM", Path.Combine(tree, "run"), .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var run = new RunScript(process);
        process.OutputDataReceived += (_, line) => run.Note(line.Data);
        process.ErrorDataReceived += (_, line) => run.Note(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return run;
    }

    /// <summary>What follows a word at the start of a line, as "Console: ".</summary>
    public string? Printed(string word) => Output.FirstOrDefault(line => line.StartsWith(word, StringComparison.Ordinal))?[word.Length..];

    /// <summary>The processes that it started and that still run.</summary>
    public IReadOnlyList<int> Children() =>
    [
        .. from status in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _))
           let parent = ParentOf(status)
           where parent == _process.Id
           select int.Parse(Path.GetFileName(status), CultureInfo.InvariantCulture),
    ];

    /// <summary>As Ctrl-C or systemd do.</summary>
    public async Task EndAsync(string signal = "TERM")
    {
        await Command.RunAsync("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await WaitAsync();
    }

    public async Task WaitAsync()
    {
        using var limit = new CancellationTokenSource(EndLimit);

        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"./run did not end: {Said}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await EndAsync();
        }

        _process.Dispose();
    }

    private static int ParentOf(string processFolder)
    {
        try
        {
            // proc(5): the name, which may hold anything, ends with the last parenthesis; the parent is the second field behind it.
            var stat = File.ReadAllText(Path.Combine(processFolder, "stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return 0;
        }
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _said.Enqueue(line);
        }
    }
}
