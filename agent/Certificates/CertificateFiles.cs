using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Certificates;

/// <summary>The sets of certificate files that this node's QEMUs load, installed so that at every moment one whole set is there, whatever fails.</summary>
internal sealed class CertificateFiles(
    QemuDryLoad dryLoad, Func<QemuUser> user, IOptions<CertificateOptions> options, TimeProvider clock, ILogger<CertificateFiles> logger)
{
    private const string OfTheContainer = "It is a part of what the container hands out.";

    /// <summary>What QEMU would load from a directory now, or null when there is no set.</summary>
    /// <exception cref="CertificateException">There is one that cannot be used.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = OfTheContainer)]
    public InstalledSet? Read(string directory) => InstalledSetReader.Read(new CertificateDirectory(directory));

    /// <summary>Makes a set the one that QEMU loads, if nothing speaks against it; QEMU itself is asked first.</summary>
    /// <param name="plan">What the set is made to, or null.</param>
    /// <param name="name">What brokers look for in the certificate.</param>
    /// <exception cref="CertificateException">It was not installed, and what was there is untouched.</exception>
    public async Task<InstalledSet> InstallAsync(string directory, CertificatePapers papers, string? plan, string name, CancellationToken cancellationToken)
    {
        if (CertificatePreflight.Fault(papers, name, clock.GetUtcNow()) is { } fault)
        {
            throw new CertificateException($"Not installed in {directory}: {fault}");
        }

        var place = new CertificateDirectory(directory);
        var owner = user();

        using var held = await InWordsAsync(async () =>
        {
            place.Prepare(owner.Group);
            return await CertificateLock.TakeAsync(place, options.Value.LockLimit, clock, cancellationToken);
        });

        // Files block on Linux, however they are called, so the whole change has a thread of its own.
        return await InWordsAsync(() => Task.Factory.StartNew(
            () => Install(place, CertificateVersion.Files(papers, plan), owner.Group, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    /// <summary>Goes back to the version before, which QEMU is asked about first.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="CertificateException">It cannot be used any more; nothing was changed.</exception>
    public async Task<InstalledSet?> RollBackAsync(string directory, CancellationToken cancellationToken)
    {
        var place = new CertificateDirectory(directory);

        if (!place.HasVersions)
        {
            return null;
        }

        return await InWordsAsync(async () =>
        {
            place.RequireOwn();
            using var held = await CertificateLock.TakeAsync(place, options.Value.LockLimit, clock, cancellationToken);
            CertificateRepair.Run(place);

            if (place.Current() is not { } current || place.Versions().LastOrDefault(version => version < current, -1) is not (>= 0 and var before))
            {
                return null;
            }

            if (await dryLoad.FaultAsync(place.Version(before), cancellationToken) is { } fault)
            {
                throw new CertificateException($"{place.Location} stays at version {current}, since the one before it cannot be used any more: {fault}");
            }

            Switch(place, current, before);
            logger.RolledBack(place.Location, current, before);
            return InstalledSetReader.Read(place);
        });
    }

    /// <summary>Finishes or undoes what a crash left half made. Where an installation is under way it is left to that one.</summary>
    /// <exception cref="CertificateException">Something stands there that is not the agent's.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = OfTheContainer)]
    public void Repair(string directory)
    {
        var place = new CertificateDirectory(directory);

        if (!place.HasVersions)
        {
            return;
        }

        InWords(() =>
        {
            place.RequireOwn();
            using var held = CertificateLock.TryTake(place);

            if (held is not null)
            {
                CertificateRepair.Run(place);
            }
        });
    }

    private InstalledSet Install(CertificateDirectory place, IReadOnlyDictionary<string, byte[]> files, uint group, CancellationToken cancellationToken)
    {
        if (place.HasVersions)
        {
            CertificateRepair.Run(place);
        }

        var current = place.Current();
        var adopt = CertificateAdoption.IsNeeded(place, current);
        var first = place.Versions().LastOrDefault(current ?? -1) + 1;
        var fresh = Math.Max(1, adopt ? first + 1 : first);

        CertificateVersion.Write(place, fresh, files, group);

        try
        {
            if (dryLoad.FaultAsync(place.Version(fresh), cancellationToken).GetAwaiter().GetResult() is { } fault)
            {
                throw new CertificateException($"Not installed in {place.Location}: {fault}");
            }

            if (adopt)
            {
                CertificateAdoption.Run(place, first, group);
                logger.Adopted(place.Location, first);
                current = first;
            }

            // Where there is no set yet, links to nothing: the switch makes them all lead somewhere at once.
            CertificateAdoption.Finish(place);
            Switch(place, current, fresh);
        }
        catch
        {
            // Where neither the switch lasted nor the way back could be taken, it is what QEMU reads.
            if (place.Current() != fresh)
            {
                CertificateVersion.TryErase(place, fresh);
            }

            throw;
        }

        Prune(place, fresh, current);
        logger.Installed(place.Location, fresh);
        return InstalledSetReader.Read(place)!;
    }

    // What is not known to last counts as not done: after a power failure the old set would be back.
    private static void Switch(CertificateDirectory place, int? from, int to)
    {
        try
        {
            place.Use(to);
        }
        catch (IOException) when (place.Current() == to)
        {
            UndoSwitch(place, from);
            throw;
        }
    }

    private static void UndoSwitch(CertificateDirectory place, int? to)
    {
        try
        {
            if (to is { } before)
            {
                place.Use(before);
            }
            else
            {
                File.Delete(place[CertificateNames.Current]);
            }
        }
        catch (IOException) when (place.Current() == to)
        {
            // Renamed back; that this does not last either, the first failure tells.
        }
    }

    private void Prune(CertificateDirectory place, int current, int? before) => CertificateRepair.Prune(place, current, before + 1, version =>
    {
        if (CertificateVersion.TryErase(place, version) is { } reason)
        {
            logger.OldVersionLeft(place.Location, version, reason);
        }
    });

    private static void InWords(Action change) => InWordsAsync(() =>
    {
        change();
        return Task.FromResult(true);
    }).GetAwaiter().GetResult();

    private static async Task<T> InWordsAsync<T>(Func<Task<T>> change)
    {
        try
        {
            return await change();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"The certificate files were not changed: {e.Message}", e);
        }
    }
}
