using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Consoles.Tests.Fakes;

/// <summary>The real broker as a process of its own, which a test may kill.</summary>
internal sealed partial class BrokerProcess : IDisposable
{
    private readonly Process _process;

    private BrokerProcess(Process process, Uri people, Uri agents)
    {
        _process = process;
        People = people;
        Agents = agents;
    }

    public Uri People { get; }

    public Uri Agents { get; }

    public static async Task<BrokerProcess> StartAsync(string state)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };

        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "consoles-broker.dll"), "run", "--port", "0", "--agents-port", "0", "--state", state })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        try
        {
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (Listening().Match(line) is { Success: true } match)
                {
                    // What it says further must not fill the pipe.
                    _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                    return new BrokerProcess(process, new Uri(match.Groups["people"].Value), new Uri(match.Groups["agents"].Value));
                }
            }

            throw new InvalidOperationException("The broker ended before it listened.");
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL: no farewell, no flush.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit(TimeSpan.FromSeconds(60)).Should().BeTrue();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"people at (?<people>\S+), for agents at (?<agents>[^;]+);", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
