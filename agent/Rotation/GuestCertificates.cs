using System.Collections.Concurrent;
using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>Proves what each running guest serves, and has those that are behind take the certificate on disk.</summary>
internal sealed class GuestCertificates(
    NodeInventory inventory,
    PresentRun runs,
    ServedProbe probe,
    VncReload vnc,
    SerialReload serial,
    HandshakeHold hold,
    IOwnSerialLines lines,
    IOptions<RotationOptions> options,
    TimeProvider clock,
    ILogger<GuestCertificates> logger)
{
    // Half of the calls to libvirt that may be under way: guests whose QEMU hangs must not take them all.
    private const int MaxAtOnce = LibvirtThreads.Count / 2;

    // The agent tries every four seconds to be attached again.
    private static readonly TimeSpan OwnLineLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private IReadOnlyDictionary<(Incarnation Run, string Console), ConsoleCertificate> _known = new Dictionary<(Incarnation, string), ConsoleCertificate>();

    private HashSet<(Incarnation Run, string Console)> _seen = [];
    private readonly ConcurrentDictionary<(Incarnation Run, string Console), (string Directory, string Reason)> _refusals = new();

    /// <summary>What the latest look found.</summary>
    public IReadOnlyCollection<ConsoleCertificate> Known => [.. _known.Values];

    /// <summary>The same, of every console that runs now and of what is on disk now: what no look has seen as it is, is not proved.</summary>
    public IEnumerable<ConsoleCertificate> Against(NodeSets sets)
    {
        foreach (var (run, consoles) in Guests())
        {
            foreach (var console in consoles.Where(console => sets.Enables(console) || sets.WantedBy(console) is not null))
            {
                var known = _known.GetValueOrDefault((run, console.Name));

                if (known is null && _seen.Contains((run, console.Name)))
                {
                    continue;
                }

                yield return known switch
                {
                    null => new ConsoleCertificate(run, console.Name, CertificateCondition.Unproved, Reason: "No look has been taken at it yet."),
                    { Condition: CertificateCondition.Fresh, Served: { } served } when served.Fingerprint != sets.WantedBy(console)?.Fingerprint =>
                        known with { Condition = CertificateCondition.Pending, Reason = "No look has been taken at it since the certificate was replaced.", By = served.NotAfter },
                    _ => known,
                };
            }
        }
    }

    /// <summary>Whether there is a console that no look has seen yet, or one whose port waits to be opened.</summary>
    public bool AnyUnknown => vnc.AnyStuck || Guests().SelectMany(guest => guest.Consoles.Select(console => (guest.Run, console.Name))).Any(console => !_seen.Contains(console));

    /// <summary>Consoles whose QEMU did not take the certificate in one of these directories, or said that it did and serves another.</summary>
    public IReadOnlyList<(string Directory, string Reason)> RefusalsOf(IReadOnlyCollection<string> directories) =>
        [.. _refusals.Values.Where(refusal => directories.Contains(refusal.Directory, StringComparer.Ordinal))];

    /// <summary>Looks at every console that has a certificate, or should have one.</summary>
    public async Task<IReadOnlyCollection<ConsoleCertificate>> VerifyAsync(NodeSets sets, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<(Incarnation Run, string Console), ConsoleCertificate>();

        var guests = Guests().ToList();
        _refusals.Clear();

        // One guest's consoles one after the other: they share its monitor.
        await Parallel.ForEachAsync(guests, new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellationToken }, async (guest, token) =>
        {
            foreach (var console in guest.Consoles)
            {
                // Where there neither is nor should be TLS, there is nothing to prove.
                if ((sets.Enables(console) || sets.WantedBy(console) is not null) && await VerifyAsync(guest.Run, console, sets, token) is { } standing)
                {
                    found[(guest.Run, console.Name)] = standing;
                }
            }
        });

        foreach (var (key, standing) in found.Where(one => _known.GetValueOrDefault(one.Key) is var before && (before?.Condition != one.Value.Condition || before.Reason != one.Value.Reason)))
        {
            logger.ConditionFound(key.Console, key.Run.Domain, standing.Condition, standing.Reason);
        }

        _seen = guests.SelectMany(guest => guest.Consoles.Select(console => (guest.Run, console.Name))).ToHashSet();
        _known = found;
        return Known;
    }

    private IEnumerable<(Incarnation Run, List<ConsoleEndpoint> Consoles)> Guests() => inventory.Current.Domains.Values
        .Where(domain => domain.Incarnation is not null)
        .Select(domain => (domain.Incarnation!, domain.Consoles.Where(ServedProbe.Asks).ToList()));

    private async Task<ConsoleCertificate?> VerifyAsync(Incarnation run, ConsoleEndpoint console, NodeSets sets, CancellationToken cancellationToken)
    {
        var wanted = sets.WantedBy(console);

        // A look at a serial console is a connection to it, and it has room for one.
        if (console.Kind == ConsoleKind.Serial && _known.GetValueOrDefault((run, console.Name)) is { Condition: CertificateCondition.Fresh } fresh && fresh.Served?.Fingerprint == wanted?.Fingerprint && fresh.Served?.NotAfter > clock.GetUtcNow())
        {
            return fresh;
        }

        try
        {
            return await ProveAsync(run, console, sets, wanted, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever one guest's QEMU or libvirt came up with: the others are proved all the same.
            return new ConsoleCertificate(run, console.Name, CertificateCondition.Unproved, ProvedAt: clock.GetUtcNow(), Reason: e.Message);
        }
    }

    private Task<ConsoleCertificate?> ProveAsync(Incarnation run, ConsoleEndpoint console, NodeSets sets, ServedCertificate? wanted, CancellationToken cancellationToken) =>
        console.Kind == ConsoleKind.Serial
            ? ProveSerialAsync(run, console, sets, wanted, cancellationToken)
            : ProveGraphicsAsync(run, console, sets, wanted, cancellationToken);

    private async Task<ConsoleCertificate?> ProveGraphicsAsync(
        Incarnation run, ConsoleEndpoint console, NodeSets sets, ServedCertificate? wanted, CancellationToken cancellationToken)
    {
        var served = await probe.AskAsync(console, cancellationToken);
        ReloadResult? tried = null;

        // An agent that died in the middle of a reload left the port closed.
        if (IsSilent(served) && wanted is not null && console.Kind == ConsoleKind.Vnc)
        {
            await vnc.RepairAsync(() => MonitorAsync(run, cancellationToken), run, console, cancellationToken);
            served = await probe.AskAsync(console, cancellationToken);
        }

        // Strangers that take up all of its connections keep the probe out, and no reload: what it served last is what it serves.
        var behind = IsSilent(served) && _known.GetValueOrDefault((run, console.Name))?.Served is { } last ? served with { Certificate = last } : served;

        if (Standing.IsBehind(console, behind, wanted))
        {
            tried = await vnc.ReloadAsync(await MonitorAsync(run, cancellationToken), run, console, sets.DirectoryOf(console), cancellationToken);
            served = tried.Outcome == ReloadOutcome.Done ? await probe.AskAsync(console, cancellationToken) : served;
            Remember(run, console, sets, served, wanted, tried);
        }

        return Standing.Of(run, console, served, wanted, sets.Enables(console), tried, clock.GetUtcNow());
    }

    private async Task<ConsoleCertificate?> ProveSerialAsync(
        Incarnation run, ConsoleEndpoint console, NodeSets sets, ServedCertificate? wanted, CancellationToken cancellationToken)
    {
        var monitor = await MonitorAsync(run, cancellationToken);
        var own = lines.Find(run, console.Name);
        var free = own is not null || await SerialReload.IsFreeAsync(monitor, console, cancellationToken);
        var served = own is not null ? new Served(own.Served, Plain: false, Reason: null, own.At)
            : free ? await probe.AskAsync(console, cancellationToken)
            : new Served(null, Plain: false, "Somebody is connected to it.", clock.GetUtcNow());
        ReloadResult? tried = null;

        // One that does not answer was left half replaced, or somebody has it; either is found out by trying.
        if (wanted is not null && (IsSilent(served) || Standing.IsBehind(console, served, wanted)))
        {
            tried = own?.Viewers > 0 && !options.Value.CutSerial
                ? ReloadResult.Pending("Somebody is connected to it, and would be cut off (Rotation:CutSerial).")
                : await ReloadSerialAsync(monitor, run, console, sets, mayCut: own is not null, cancellationToken);
            served = tried.Outcome == ReloadOutcome.Done ? await AskAgainAsync(run, console, own, cancellationToken) : served;
            Remember(run, console, sets, served, wanted, tried);
        }

        return Standing.Of(run, console, IsSilent(served) && tried is not null ? served with { Reason = tried.Reason ?? served.Reason } : served, wanted, sets.Enables(console), tried, clock.GetUtcNow());
    }

    private async Task<ReloadResult> ReloadSerialAsync(QemuMonitor monitor, Incarnation run, ConsoleEndpoint console, NodeSets sets, bool mayCut, CancellationToken cancellationToken)
    {
        var held = await hold.TryTakeAsync(run, console.Name, cancellationToken);

        try
        {
            return await serial.ReloadAsync(monitor, console, sets.DirectoryOf(console), sets.Settings.ChardevVerify, mayCut, cancellationToken);
        }
        finally
        {
            if (held)
            {
                await hold.ReleaseAsync(run, console.Name, CancellationToken.None);
            }
        }
    }

    // Where the agent itself was attached, it comes back, and then nobody else is let in.
    private async Task<Served> AskAgainAsync(Incarnation run, ConsoleEndpoint console, OwnSerialLine? before, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; before is not null && waited < OwnLineLimit; waited += LookAgain)
        {
            if (lines.Find(run, console.Name) is { } own && own.At > before.At)
            {
                return new Served(own.Served, Plain: false, Reason: null, own.At);
            }

            await Task.Delay(LookAgain, clock, cancellationToken);
        }

        return await probe.AskAsync(console, cancellationToken);
    }

    private void Remember(Incarnation run, ConsoleEndpoint console, NodeSets sets, Served served, ServedCertificate? wanted, ReloadResult tried)
    {
        if (tried.Outcome == ReloadOutcome.Refused)
        {
            logger.ReloadRefused(console.Name, run.Domain, tried.Reason);
        }

        if (tried.Outcome == ReloadOutcome.Refused || (tried.Outcome == ReloadOutcome.Done && Standing.IsBehind(console, served, wanted)))
        {
            _refusals[(run, console.Name)] = (sets.DirectoryOf(console), tried.Reason ?? $"{console.Name} of domain {run.Domain} was reloaded and serves another certificate than the one on disk.");
        }
    }

    private static bool IsSilent(Served served) => served is { Certificate: null, Plain: false };

    private async Task<QemuMonitor> MonitorAsync(Incarnation run, CancellationToken cancellationToken) =>
        await runs.FindAsync(run, cancellationToken) is var (connection, liveId)
            ? new QemuMonitor(connection, run.Domain, liveId)
            : throw new LibvirtException($"ask the QEMU of domain {run.Domain}: that run is over", LibvirtException.NoDomain);
}
