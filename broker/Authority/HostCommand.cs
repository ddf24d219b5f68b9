using System.ComponentModel;
using System.Diagnostics;

namespace Consoles.Broker.Authority;

/// <summary>Runs a program of the operator's: a text in, a text out, within limits.</summary>
internal sealed class HostCommand(string path, TimeProvider clock)
{
    /// <summary>With the wait for its turn less than an agent waits for its answer, which is 15 seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(12);

    public const int MaxOutput = 64 * 1024;

    private const int MaxWords = 1024;

    /// <exception cref="HostCertificateException">It could not be run, failed, took too long or said too much.</exception>
    public async Task<string> RunAsync(string input, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var process = Start(environment);

        try
        {
            var feeding = FeedAsync(process, input, either.Token);
            var words = ReadAsync(process.StandardError, MaxWords, keepReading: true, either.Token);
            var output = await ReadAsync(process.StandardOutput, MaxOutput, keepReading: false, either.Token);

            if (output.Length > MaxOutput)
            {
                throw new HostCertificateException($"The command printed more than {MaxOutput} characters.");
            }

            await Task.WhenAll(feeding, words, process.WaitForExitAsync(either.Token));

            return process.ExitCode == 0
                ? output
                : throw new HostCertificateException($"The command failed with exit code {process.ExitCode}.") { Details = ForTheLog(await words) };
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostCertificateException($"The command took longer than {Limit.TotalSeconds:0} seconds.", e);
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start(IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(path) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start) ?? throw new HostCertificateException("The command did not start.");
        }
        catch (Win32Exception e)
        {
            throw new HostCertificateException($"The command could not be started: {e.Message}", e);
        }
    }

    private static async Task<bool> FeedAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            return true;
        }
        catch (IOException) when (!cancellationToken.IsCancellationRequested)
        {
            // A program that ends, or closes its input, reads no more, which is its own affair.
            return false;
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, int limit, bool keepReading, CancellationToken cancellationToken)
    {
        var buffer = new char[limit + 1];
        var length = await reader.ReadBlockAsync(buffer, cancellationToken);
        var rest = new char[1024];

        while (keepReading && length > limit && await reader.ReadAsync(rest, cancellationToken) > 0)
        {
            // A program whose words nobody reads would wait for ever.
        }

        return new string(buffer, 0, length);
    }

    // One line: what it printed must not look like lines of the log's own.
    private static string ForTheLog(string words)
    {
        var line = string.Concat(words.Trim().Select(character => char.IsControl(character) ? ' ' : character));
        return line.Length <= MaxWords ? line : line[..MaxWords];
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended, as it should.
            _ = process.HasExited;
        }
    }
}
