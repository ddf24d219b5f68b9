using System.Diagnostics;
using System.Globalization;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A node whose first process is a real systemd, with D-Bus and libvirtd as units of it. Nothing of it outlives the fixture.</summary>
/// <remarks>
/// It lives in mount, pid, uts, ipc and cgroup namespaces, in the network that the test is in. A shell outside of them keeps it: when the
/// pipe to that shell closes, for whatever reason, it kills the first process, and the kernel all others with it.
/// </remarks>
internal sealed class SystemdHost : IAsyncDisposable
{
    private const int VncFirstPort = 5900;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly PortRange _ports = PortRange.Claim();
    private Process? _keeper;
    private string _first = "";

    private SystemdHost() => Folder = LibvirtHostFiles.Create();

    public string Folder { get; }

    public string Uri => $"qemu+unix:///system?socket={Folder}/run/libvirt/libvirt-sock";

    /// <summary>/etc/libvirt/qemu.conf, as it is reached from outside.</summary>
    public string QemuConf => $"{Folder}/etc/qemu.conf";

    /// <summary>/etc/pki, as it is reached from outside.</summary>
    public string Pki => $"{Folder}/pki";

    public static async Task<SystemdHost> StartNewAsync()
    {
        var host = new SystemdHost();

        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program in the host, as root.</summary>
    public Task<CommandResult> TryRunAsync(string program, params string[] arguments) =>
        Command.TryRunAsync("nsenter", ["-t", _first, "-m", "-u", "-i", "-p", "-C", "--", program, .. arguments], TimeSpan.FromMinutes(2));

    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await TryRunAsync(program, arguments);

        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Errors}{result.Output}\n{LibvirtHostFiles.ReadLogs(Folder)}");
    }

    /// <summary>Runs consoles-agent in the host.</summary>
    public Task<CommandResult> AgentAsync(params string[] arguments) =>
        TryRunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "consoles-agent.dll"), .. arguments]);

    /// <summary>A property of a unit, as systemctl shows it.</summary>
    public async Task<string> ShowAsync(string unit, string property) => (await RunAsync("systemctl", "show", "--value", "-p", property, unit)).Trim();

    /// <summary>Starts a transient guest.</summary>
    public async Task StartAsync(GuestXml guest)
    {
        var file = Path.Combine(Folder, $"{Guid.NewGuid():N}.xml");
        await File.WriteAllTextAsync(file, guest.ToString());
        await RunAsync("virsh", "-q", "create", file);
        File.Delete(file);
    }

    /// <summary>The pid and the start of a guest's QEMU, which together name one process.</summary>
    public async Task<string> ProcessOfAsync(string guest)
    {
        var pid = (await RunAsync("cat", $"/run/libvirt/qemu/{guest}.pid")).Trim();
        var stat = await RunAsync("cat", $"/proc/{pid}/stat");
        return $"{pid}, started at {stat[stat.LastIndexOf(')')..].Split(' ')[20]}, {(await RunAsync("virsh", "-q", "domstate", guest)).Trim()}";
    }

    public async Task<int> VncPortAsync(string guest) =>
        VncFirstPort + new Uri((await RunAsync("virsh", "-q", "domdisplay", "--type", "vnc", guest)).Trim()).Port;

    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null)
        {
            _keeper.StandardInput.Close();
            using var limit = new CancellationTokenSource(Limit);
            await _keeper.WaitForExitAsync(limit.Token);
            _keeper.Dispose();
            _keeper = null;
        }

        _ports.Dispose();

        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private async Task StartAsync()
    {
        Directory.CreateDirectory(Pki);
        LibvirtHostFiles.Write(Folder, _ports, []);
        await File.WriteAllTextAsync($"{Folder}/init", SystemdHostFiles.Init);

        var start = new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "bash", "-c", SystemdHostFiles.Keeper, "keeper", Folder, AppContext.BaseDirectory])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _keeper = Process.Start(start)!;
        _keeper.ErrorDataReceived += (_, line) => LibvirtHostFiles.AppendLog(Folder, line.Data);
        _keeper.BeginErrorReadLine();

        using var limit = new CancellationTokenSource(Limit);
        _first = (await _keeper.StandardOutput.ReadLineAsync(limit.Token) ?? "").Trim();

        if (!int.TryParse(_first, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new InvalidOperationException($"There is no first process: {LibvirtHostFiles.ReadLogs(Folder)}");
        }

        await Eventually.TrueAsync(
            async () => (await TryRunAsync("systemctl", "is-active", "-q", "consoles.target")).ExitCode == 0, Limit, () => LibvirtHostFiles.ReadLogs(Folder));
        await RunAsync("systemctl", "start", "libvirtd.service");
        await RunAsync("virsh", "-q", "version");
    }
}
