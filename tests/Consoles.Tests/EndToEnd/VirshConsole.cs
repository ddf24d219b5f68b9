using System.Diagnostics;

namespace Consoles.Tests.EndToEnd;

/// <summary>A person's own virsh console, which wants a terminal.</summary>
internal sealed class VirshConsole : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _script;
    private readonly Task<string> _said;

    private VirshConsole(Process script)
    {
        _script = script;
        _said = script.StandardOutput.ReadToEndAsync();
    }

    public static async Task<VirshConsole> StartAsync(LibvirtHost host, string domain, string console)
    {
        var start = new ProcessStartInfo("script", ["-qfec", $"virsh -c '{host.Uri}' console {domain} {console}", "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var script = Process.Start(start)!;

        using var limit = new CancellationTokenSource(Limit);
        string? line;

        do
        {
            line = await script.StandardOutput.ReadLineAsync(limit.Token);
        }
        while (line is not null && !line.Contains("Escape character", StringComparison.Ordinal));

        return new VirshConsole(script);
    }

    /// <summary>Waits for it to end by itself.</summary>
    public async Task<string> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _script.WaitForExitAsync(limit.Token);
        return await _said;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_script.HasExited)
        {
            _script.Kill(entireProcessTree: true);
            await _script.WaitForExitAsync();
        }

        _script.Dispose();
    }
}
