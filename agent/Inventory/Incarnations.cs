using System.Diagnostics;
using System.Globalization;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Inventory;

/// <summary>Finds which run of a domain is the present one.</summary>
/// <remarks>
/// The QEMU process is the run. libvirt's pid file says which it is, but is believed only when that process says itself that it
/// runs the domain; where it cannot be believed (libvirt in a pid namespace of its own, no access to its directory), all
/// processes are looked through. Without a process to look at, libvirt's number of the run has to do.
/// </remarks>
internal sealed class Incarnations(IOptions<LibvirtOptions> options, string proc = "/proc")
{
    private readonly bool _local = StateDirectory.IsLocalQemu(options.Value.Uri);

    private readonly string? _stateDirectory =
        options.Value.StateDirectory ?? StateDirectory.Of(options.Value.Uri, Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"));

    private readonly Lock _gate = new();
    private ILookup<DomainId, int> _found = Array.Empty<int>().ToLookup(pid => default(DomainId));
    private long _foundAt = long.MinValue;

    /// <param name="asOf">A <see cref="Stopwatch"/> timestamp at which the domain was already running.</param>
    public Incarnation Find(DomainId domain, string name, int liveId, long asOf)
    {
        var process = _local ? FromPidFile(domain, name, out var inner) ?? FromScan(domain, inner, asOf) : null;

        return process is null ? new Incarnation(domain, StartTicks: 0, liveId) : new Incarnation(domain, process.StartTicks, process.Pid);
    }

    /// <summary>True while that run goes on, as far as it can be told without asking libvirt.</summary>
    public bool IsPresent(Incarnation incarnation, int? liveId) =>
        incarnation.StartTicks == 0
            ? liveId == incarnation.QemuPid
            : QemuProcess.Find(proc, incarnation.QemuPid, incarnation.Domain)?.StartTicks == incarnation.StartTicks;

    private QemuProcess? FromPidFile(DomainId domain, string name, out int? pid)
    {
        pid = PidIn(name);
        return pid is { } known ? QemuProcess.Find(proc, known, domain) : null;
    }

    private int? PidIn(string name)
    {
        // A domain's name becomes a file name; libvirt forbids a slash in it, and here it is not believed to.
        if (_stateDirectory is null || name.Contains('/', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var text = File.ReadAllText(Path.Join(_stateDirectory, name + ".pid"));
            return int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null; // A scan by somebody who may not look there, or a directory elsewhere.
        }
    }

    private QemuProcess? FromScan(DomainId domain, int? innerPid, long asOf)
    {
        lock (_gate)
        {
            return Best(domain, innerPid) ?? (_foundAt < asOf ? Rescan(domain, innerPid) : null);
        }
    }

    private QemuProcess? Rescan(DomainId domain, int? innerPid)
    {
        _foundAt = Stopwatch.GetTimestamp();
        _found = Directory.EnumerateDirectories(proc)
            .Select(directory => (Directory: directory, IsProcess: int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid), Pid: pid))
            .Where(entry => entry.IsProcess)
            .Select(entry => (entry.Pid, Domain: QemuProcess.DomainOf(entry.Directory)))
            .Where(entry => entry.Domain is not null)
            .ToLookup(entry => entry.Domain!.Value, entry => entry.Pid);

        return Best(domain, innerPid);
    }

    // While a guest moves between two hosts in namespaces of one machine, two processes run it; the pid file tells ours.
    private QemuProcess? Best(DomainId domain, int? innerPid) => _found[domain]
        .Select(pid => QemuProcess.Find(proc, pid, domain))
        .OfType<QemuProcess>()
        .OrderByDescending(process => process.InnerPid == innerPid)
        .ThenByDescending(process => process.StartTicks)
        .FirstOrDefault();
}
