using System.Diagnostics;

namespace Consoles.Tests.EndToEnd;

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(3);

    /// <exception cref="InvalidOperationException">It ended with another code than 0; the message holds what it said.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, TimeSpan? within = null)
    {
        var result = await TryRunAsync(program, arguments, within);

        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Errors}{result.Output}");
    }

    public static async Task<CommandResult> TryRunAsync(string program, IEnumerable<string> arguments, TimeSpan? within = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(within ?? DefaultLimit);

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);

        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in time.", late);
        }
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Errors);
