using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Consoles.Agent.Identity;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Certificates;

/// <summary>QEMU's own verdict on a set of files, reading them as the user that it runs guests as: pair, life, chain and permissions.</summary>
internal sealed class QemuDryLoad(Func<QemuUser> user, IOptions<CertificateOptions> options)
{
    // The monitor that it takes the order to quit from is read only when every object was made.
    private const string Quit = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";

    private const int MaxWords = 1000;

    // Where Fedora and its kin keep the one QEMU that they have.
    private static readonly string[] Places = ["/usr/bin", "/usr/local/bin", "/usr/libexec", "/bin"];

    /// <summary>Says in words why a guest with this directory would not start, or null when it would.</summary>
    public async Task<string?> FaultAsync(string directory, CancellationToken cancellationToken)
    {
        if (Find(options.Value.Qemu is { } set ? [set] : [$"qemu-system-{Architecture}", "qemu-kvm"]) is not { } qemu)
        {
            return $"There is no QEMU to try the files with ({options.Value.Qemu ?? $"qemu-system-{Architecture}"}).";
        }

        if (Find(["setpriv"]) is not { } setpriv)
        {
            return "There is no setpriv (of util-linux) to try the files as QEMU's user with.";
        }

        // The kernel ends the trial when the thread that began it ends, so that nobody's crash leaves a QEMU behind: it must be one that waits for it.
        return await Task.Factory.StartNew(
            () => TryAsync(Start(setpriv, qemu, directory), cancellationToken).GetAwaiter().GetResult(), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private async Task<string?> TryAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.TrialLimit);

        try
        {
            using var process = Process.Start(start)!;
            return await VerdictAsync(process, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"QEMU did not say within {options.Value.TrialLimit.TotalSeconds:0} s whether it takes the files.";
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return $"QEMU could not be started to try the files: {e.Message}";
        }
    }

    private static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        _ => "x86_64",
    };

    private static string? Find(IEnumerable<string> names) => (
        from name in names
        from place in Places
        let path = Path.Combine(place, name)
        where File.Exists(path)
        select path).FirstOrDefault();

    private ProcessStartInfo Start(string setpriv, string qemu, string directory)
    {
        var (uid, gid) = user();
        var start = new ProcessStartInfo(uid == DurableFiles.EffectiveUser ? qemu : setpriv)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };

        // As libvirt does it: the user's own groups besides the one that is set. Only root may, and only for another is it needed.
        string[] privileges = uid == DurableFiles.EffectiveUser
            ? []
            : ["--reuid", Text(uid), "--regid", Text(gid), "--init-groups", "--inh-caps", "-all", "--no-new-privs", "--pdeathsig", "KILL", qemu];

        // A comma in a value is written twice.
        var path = directory.Replace(",", ",,", StringComparison.Ordinal);

        string[] arguments =
        [
            "-S", "-no-user-config", "-machine", "none", "-nodefaults", "-display", "none",
            "-object", $"tls-creds-x509,id=trial,endpoint=server,verify-peer=on,dir={path}", "-qmp", "stdio",
        ];

        foreach (var argument in privileges.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static async Task<string?> VerdictAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
            var errors = ReadAsync(process.StandardError, cancellationToken);

            await OrderQuitAsync(process.StandardInput, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await output;

            return process.ExitCode == 0 ? null : Words(process.ExitCode, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static async Task OrderQuitAsync(StreamWriter input, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(Quit.AsMemory(), cancellationToken);
            await input.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It has refused the files, and gone: its exit code tells.
        }
    }

    private static async Task<string> ReadAsync(StreamReader errors, CancellationToken cancellationToken)
    {
        var text = new char[MaxWords];
        var read = await errors.ReadBlockAsync(text, cancellationToken);

        await errors.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
        return new string(text, 0, read);
    }

    // "qemu-system-x86_64: -object tls-creds-x509,...: Unable to ..."; libraries may warn before it.
    private static string Words(int exitCode, string errors)
    {
        var last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"exit code {exitCode}";
        var program = last.IndexOf(": ", StringComparison.Ordinal);
        var said = program >= 0 && last.StartsWith("qemu", StringComparison.Ordinal) ? last[(program + 2)..] : last;

        return $"QEMU does not take the files: {said}.";
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
