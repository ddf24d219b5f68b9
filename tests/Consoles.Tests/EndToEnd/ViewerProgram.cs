using System.Diagnostics;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A viewer of Debian's, on a screen that nobody sees where it wants one, which trusts what the fleet's broker shows.</summary>
internal sealed class ViewerProgram : IAsyncDisposable
{
    // What the machine trusts, which in the viewer's own view of the file system is the fleet's root.
    private const string MachineTrust = "/etc/ssl/certs/ca-certificates.crt";

    private readonly Process _process;
    private readonly string _output;

    private ViewerProgram(Process process, string output)
    {
        _process = process;
        _output = output;
    }

    public string Output => File.Exists(_output) ? File.ReadAllText(_output) : "";

    /// <param name="command">A command line of the shell. $CA is what it is to trust.</param>
    /// <param name="screen">It wants one.</param>
    public static ViewerProgram Start(string home, string authority, string command, bool screen)
    {
        var output = Path.Combine(home, $"{Guid.NewGuid():N}.log");

        var start = new ProcessStartInfo(
            "unshare",
            ["--mount", "--pid", "--fork", "--kill-child", "bash", "-c", $"{Own(home, authority)}; {(screen ? "xvfb-run -a" : null)} {command} > {output} 2>&1 < /dev/null; true"])
        {
            UseShellExecute = false,
            Environment = { ["HOME"] = home, ["XDG_RUNTIME_DIR"] = home, ["NO_AT_BRIDGE"] = "1", ["CA"] = authority },
        };

        start.Environment.Remove("DISPLAY");
        return new ViewerProgram(Process.Start(start)!, output);
    }

    // A /tmp of its own, in which an X server that is killed leaves nothing.
    private static string Own(string home, string authority) =>
        $"mount --bind {authority} {MachineTrust}; mount --bind {home} /mnt; mount -t tmpfs tmpfs /tmp; mkdir -p {home}; mount --bind /mnt {home}; cd {home}";

    public Task SaysAsync(string words, Func<string>? because = null) => Eventually.TrueAsync(
        () => Output.Contains(words, StringComparison.Ordinal), TimeSpan.FromSeconds(120), () => $"'{words}' in what the viewer says: {Output} {because?.Invoke()}");

    public async ValueTask DisposeAsync()
    {
        // The namespace's first process, and with it all others.
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
