using Consoles.Agent.Certificates;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Rotation;

/// <summary>Keeps the certificates of this node's guests fresh: has them ordered and installed, has guests take them, proves it, and puts the old ones back where that fails.</summary>
internal sealed class CertificateRotation(
    SetsOnDisk disk,
    SetInstallation installation,
    CertificateFiles files,
    GuestCertificates guests,
    NodeCertificatesReport report,
    RotationSchedule schedule,
    RotationLock onlyOne,
    IOptions<RotationOptions> options,
    TimeProvider clock,
    ILogger<CertificateRotation> logger) : IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    // Of another process: it proves all guests of a node in that time.
    private static readonly TimeSpan OtherLimit = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _one = new(1, 1);
    private DateTimeOffset _verifiedAt = DateTimeOffset.MinValue;
    private string _verified = "";
    private bool _repaired;

    /// <summary>Renews what is due, and says how everything stands.</summary>
    public Task LookAsync(CancellationToken cancellationToken) => AloneAsync(async () =>
    {
        RepairOnce();

        var sets = disk.Read().Kept.ToList();
        schedule.Note(sets);

        if (sets.Where(schedule.IsDue).Select(set => set.Directory).Distinct(StringComparer.Ordinal).ToList() is { Count: > 0 } due)
        {
            await RenewAsync(due, cancellationToken);
        }

        report.Publish();
    }, cancellationToken);

    /// <summary>Renews every set that is this agent's to renew, due or not.</summary>
    /// <exception cref="CertificateException">A set was not renewed; the message says which, and why.</exception>
    public Task RenewNowAsync(CancellationToken cancellationToken) => AloneAsync(async () =>
    {
        var sets = disk.Read().Kept.ToList();
        schedule.Note(sets);
        var directories = sets.Where(schedule.IsOurs).Select(set => set.Directory).Distinct(StringComparer.Ordinal).ToList();

        if (directories.Count == 0)
        {
            throw new CertificateException(options.Value.ByHand
                ? "A person looks after the certificates of this node (Rotation:ByHand)."
                : "There is no set to renew: qemu.conf switches TLS on for none, or the files are a person's (--adopt takes them over).");
        }

        await RenewAsync(directories, cancellationToken);
        report.Publish();
        RequireGood(directories);
    }, cancellationToken);

    /// <summary>Sees to it that there is a good set for each of these uses, where qemu.conf says or will say that it is read from. What a person made and is good stays.</summary>
    /// <exception cref="CertificateException">There is none; the message says why.</exception>
    public Task EnsureAsync(IReadOnlyDictionary<CertificateUse, string> directories, CancellationToken cancellationToken) => AloneAsync(async () =>
    {
        var missing = directories.Values.Distinct(StringComparer.Ordinal).Where(directory => files.Read(directory) is null).ToList();

        if (missing.Count > 0 && options.Value.ByHand)
        {
            throw new CertificateException($"There are no certificates in {string.Join(", ", missing)}, and a person looks after them on this node (Rotation:ByHand).");
        }

        if (missing.Count > 0)
        {
            (await installation.InstallAsync(missing, cancellationToken)).ToList().ForEach(schedule.Succeeded);
            RequireGood(missing);
        }
    }, cancellationToken);

    /// <summary>Proves what guests serve when it is time to, when one is new or behind, or when a set is another than at the last look.</summary>
    public Task VerifyAsync(bool now, CancellationToken cancellationToken) => AloneAsync(async () =>
    {
        var every = guests.Known.Any(console => console.Condition is CertificateCondition.Pending or CertificateCondition.Unproved or CertificateCondition.Expired)
            ? options.Value.VerifyEvery / 4
            : options.Value.VerifyEvery;

        if (now || clock.GetUtcNow() - _verifiedAt >= every || guests.AnyUnknown || !string.Equals(disk.Mark(), _verified, StringComparison.Ordinal))
        {
            await ProveAsync(cancellationToken);

            // Sets that were installed before the agent was started anew, or which a guest could not be asked about until now.
            if (guests.RefusalsOf(disk.Directories()) is { Count: > 0 } refusals)
            {
                await SettleAsync([.. refusals.Select(refusal => refusal.Directory).Distinct(StringComparer.Ordinal)], cancellationToken);
            }

            report.Publish();
        }
    }, cancellationToken);

    public void Dispose() => _one.Dispose();

    private async Task RenewAsync(IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        var installed = await installation.InstallAsync(directories, cancellationToken);

        if (installed.Count > 0)
        {
            await ProveAsync(cancellationToken);
            var refused = await SettleAsync(installed, cancellationToken);
            installed.Except(refused, StringComparer.Ordinal).ToList().ForEach(schedule.Succeeded);

            var sets = disk.Read().Kept.ToList();
            schedule.Note(sets);
            schedule.Judge(sets);
        }
    }

    // One that cannot be reloaded now is no fault of the new set. One that was, and does not serve it, or that refuses it, is.
    private async Task<IReadOnlyCollection<string>> SettleAsync(IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        var until = clock.GetUtcNow() + options.Value.ProofWithin;

        while (guests.RefusalsOf(directories).Count > 0 && clock.GetUtcNow() < until)
        {
            await Task.Delay(LookAgain, clock, cancellationToken);
            await ProveAsync(cancellationToken);
        }

        var refusals = guests.RefusalsOf(directories);
        List<string> refused = [.. refusals.Select(refusal => refusal.Directory).Distinct(StringComparer.Ordinal)];

        foreach (var directory in refused)
        {
            await RollBackAsync(directory, refusals.First(refusal => refusal.Directory == directory).Reason, cancellationToken);
        }

        if (refused.Count > 0)
        {
            await ProveAsync(cancellationToken);
        }

        return refused;
    }

    private async Task RollBackAsync(string directory, string reason, CancellationToken cancellationToken)
    {
        schedule.Failed(directory, reason);

        // What a person made is not this agent's to take back.
        if (disk.Read().All.All(set => set.Directory != directory || !schedule.IsOurs(set)))
        {
            return;
        }

        try
        {
            var before = await files.RollBackAsync(directory, cancellationToken);

            if (before is null)
            {
                logger.NotRolledBack(directory, "There is no version before.");
            }
            else
            {
                logger.RolledBack(directory, before.Plan is null ? $"{reason} They are the files that were there by hand, which are renewed by hand or with --adopt." : reason);
            }
        }
        catch (CertificateException e)
        {
            logger.NotRolledBack(directory, e.Message);
        }
    }

    private async Task ProveAsync(CancellationToken cancellationToken)
    {
        // First: whatever fails is looked at again in its turn, and not at once and for ever.
        _verifiedAt = clock.GetUtcNow();
        _verified = disk.Mark();
        await guests.VerifyAsync(disk.Read(), cancellationToken);
    }

    // What an agent that died in the middle of an installation left behind.
    private void RepairOnce()
    {
        foreach (var directory in _repaired ? [] : disk.Directories())
        {
            try
            {
                files.Repair(directory);
            }
            catch (CertificateException e)
            {
                schedule.Failed(directory, e.Message);
            }
        }

        _repaired = true;
    }

    private void RequireGood(IEnumerable<string> directories)
    {
        if (directories.Select(directory => (Directory: directory, Fault: schedule.FaultOf(directory)?.Reason)).FirstOrDefault(one => one.Fault is not null) is { Fault: { } fault } bad)
        {
            throw new CertificateException($"{bad.Directory}: {fault}");
        }
    }

    private async Task AloneAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);

        try
        {
            using var held = await onlyOne.TryTakeAsync(OtherLimit, cancellationToken)
                ?? throw new CertificateException($"Another process of the agent has been at this node's certificates for {OtherLimit.TotalMinutes:0} minutes.");
            await work();
        }
        finally
        {
            _one.Release();
        }
    }
}
