using System.Diagnostics;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>A libvirtd of the test's own: its guests are real QEMU processes, and nothing of it outlives the fixture.</summary>
/// <remarks>
/// It lives in mount, pid, uts and ipc namespaces, in the network that the test is in. The namespaces' first process is a shell that
/// takes its orders from a pipe; when the pipe closes, for whatever reason, the shell ends, and the kernel ends all others with it.
/// </remarks>
public sealed class LibvirtHost : IAsyncLifetime, IAsyncDisposable
{
    // virsh domdisplay counts displays, of which number 0 listens here.
    private const int VncFirstPort = 5900;

    private static readonly TimeSpan OrderLimit = TimeSpan.FromSeconds(120);

    private readonly IReadOnlyList<string> _qemuConf;
    private readonly PortRange _ports = PortRange.Claim();
    private readonly SemaphoreSlim _oneOrder = new(1);
    private Process? _first;

    public LibvirtHost()
        : this([])
    {
    }

    private LibvirtHost(IReadOnlyList<string> qemuConf)
    {
        _qemuConf = qemuConf;
        Folder = LibvirtHostFiles.Create();
    }

    /// <summary>Reachable under the same path for the test and for QEMU, short enough for socket paths, gone with the fixture.</summary>
    public string Folder { get; }

    /// <summary>Works from the test's process and from any that it starts.</summary>
    public string Uri => $"qemu+unix:///system?socket={Folder}/run/libvirt/libvirt-sock";

    public string QemuConf => $"{Folder}/etc/qemu.conf";

    /// <summary>A path for a socket or file that QEMU makes.</summary>
    public string PathFor(string name) => $"{Folder}/qemu/{name}";

    /// <summary>A port for a device whose port libvirt does not choose itself, as a serial line's.</summary>
    public int NextPort() => _ports.Next();

    /// <param name="qemuConf">Lines for qemu.conf, as <c>vnc_tls = 1</c>.</param>
    public static async Task<LibvirtHost> StartNewAsync(params string[] qemuConf)
    {
        var host = new LibvirtHost(qemuConf);

        try
        {
            await host.InitializeAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async Task InitializeAsync()
    {
        LibvirtHostFiles.Write(Folder, _ports, _qemuConf);

        var start = new ProcessStartInfo(
            "unshare",
            ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--propagation", "private", "bash", "-s", "--", Folder])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _first = Process.Start(start)!;
        _first.ErrorDataReceived += (_, line) => LibvirtHostFiles.AppendLog(Folder, line.Data);
        _first.BeginErrorReadLine();

        await OrderAsync(LibvirtHostFiles.Setup);
        await StartDaemonAsync();
        LibvirtHostFiles.KeepCapabilities(Folder);
    }

    public async Task StartDaemonAsync()
    {
        // The log is libvirtd's own; stdout must not keep the pipe of the orders' answers open.
        await OrderAsync("libvirtd < /dev/null > /var/log/libvirt/stdout.log 2>&1 & daemon=$!");
        await Eventually.TrueAsync(
            async () =>
            {
                await OrderAsync("kill -0 $daemon");
                return File.Exists($"{Folder}/run/libvirt/libvirt-sock") && (await Command.TryRunAsync("virsh", ["-q", "-c", Uri, "version"])).ExitCode == 0;
            },
            OrderLimit,
            ExplainState);
    }

    /// <summary>As an administrator's restart: its guests go on.</summary>
    public Task StopDaemonAsync() => OrderAsync("kill -TERM $daemon; wait $daemon || true");

    /// <summary>As a crash: its guests go on.</summary>
    public Task KillDaemonAsync() => OrderAsync("kill -KILL $daemon; wait $daemon || true");

    /// <summary>It neither answers nor closes anything until <see cref="ContinueDaemonAsync"/>.</summary>
    public Task SuspendDaemonAsync() => OrderAsync("kill -STOP $daemon");

    public Task ContinueDaemonAsync() => OrderAsync("kill -CONT $daemon");

    /// <summary>From now on all that libvirtd starts becomes what it is to be only after so long, as on a machine that is short of time.</summary>
    public Task SlowDownStartsAsync(TimeSpan delay) => OrderAsync(
        $"""
        strace -f -qq -o /dev/null -e trace=execve -e inject=execve:delay_enter={delay.TotalMicroseconds:F0} -p $daemon < /dev/null > /var/log/libvirt/strace.log 2>&1 &
        for try in $(seq 1200); do grep -q 'TracerPid:.*[1-9]' /proc/$daemon/status && break; sleep 0.05; done; grep -q 'TracerPid:.*[1-9]' /proc/$daemon/status
        """);

    /// <summary>Sends a signal to one guest's QEMU, as KILL, STOP or CONT.</summary>
    public Task SignalGuestAsync(string name, string signal) => OrderAsync($"kill -{signal} $(cat /run/libvirt/qemu/{name}.pid)");

    /// <summary>Starts a transient guest.</summary>
    public async Task StartAsync(string domainXml)
    {
        var file = Path.Combine(Folder, $"{Guid.NewGuid():N}.xml");
        await File.WriteAllTextAsync(file, domainXml);
        await VirshAsync("create", file);
        File.Delete(file);
    }

    public Task StartAsync(GuestXml guest) => StartAsync(guest.ToString());

    public Task DestroyAsync(string name) => VirshAsync("destroy", name);

    /// <exception cref="InvalidOperationException">virsh refused; the message holds what it and libvirtd said.</exception>
    public async Task<string> VirshAsync(params string[] arguments)
    {
        try
        {
            return await Command.RunAsync("virsh", ["-q", "-c", Uri, .. arguments]);
        }
        catch (InvalidOperationException refused)
        {
            throw new InvalidOperationException($"{refused.Message}\n{ExplainState()}", refused);
        }
    }

    /// <summary>The TCP port of a guest's VNC console.</summary>
    public async Task<int> VncPortAsync(string name) =>
        VncFirstPort + new Uri(await VirshAsync("domdisplay", "--type", "vnc", name)).Port;

    /// <summary>Waits for text in a file that QEMU writes, which for a serial line's log is what the guest said.</summary>
    public static async Task<string> ReadUntilAsync(string file, string text, TimeSpan? within = null)
    {
        var said = "";
        return await Eventually.GetAsync(
            async () =>
            {
                said = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
                return said.Contains(text, StringComparison.Ordinal) ? said : null;
            },
            within ?? TimeSpan.FromMinutes(3),
            () => $"'{text}' in {file}, which holds: {said}");
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_first is not null)
        {
            _first.StandardInput.Close();
            using var limit = new CancellationTokenSource(OrderLimit);

            try
            {
                await _first.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _first.Kill(entireProcessTree: true);
                await _first.WaitForExitAsync();
            }

            _first.Dispose();
            _first = null;
        }

        _ports.Dispose();
        _oneOrder.Dispose();

        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>Has the first process of the namespaces run a command, and waits until it has.</summary>
    private async Task OrderAsync(string command)
    {
        await _oneOrder.WaitAsync();

        try
        {
            var done = $"done {Guid.NewGuid():N}";
            await _first!.StandardInput.WriteAsync($"{command}\necho \"$? {done}\"\n");
            await _first.StandardInput.FlushAsync();
            using var limit = new CancellationTokenSource(OrderLimit);

            while (true)
            {
                var line = await _first.StandardOutput.ReadLineAsync(limit.Token)
                    ?? throw new InvalidOperationException($"The namespaces of the test's libvirt ended at: {command}\n{ExplainState()}");

                if (line.EndsWith(done, StringComparison.Ordinal))
                {
                    if (!line.StartsWith("0 ", StringComparison.Ordinal))
                    {
                        throw new InvalidOperationException($"Not done: {command}\n{ExplainState()}");
                    }

                    return;
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            throw new InvalidOperationException($"Not done: {command}\n{ExplainState()}", failure);
        }
        finally
        {
            _oneOrder.Release();
        }
    }

    private string ExplainState() => LibvirtHostFiles.ReadLogs(Folder);
}
