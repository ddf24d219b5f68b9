using Consoles.Agent.Identity;
using Consoles.Agent.Libvirt;
using Consoles.Agent.QemuConf;
using Consoles.Agent.Systemd;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Enabling;

/// <summary>Changes qemu.conf and has libvirt take it, or leaves both as they were. Guests run through, and that is looked at.</summary>
internal sealed class QemuConfSwitch(QemuConfFile file, WantedSets sets, RunningGuests guests, LibvirtRestart restart, QemuConfLock onlyOne, TimeProvider clock)
{
    // libvirt has found each of its guests again when it answers, but for what it is still asking them.
    private static readonly TimeSpan FoundAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    /// <returns>The exit code, as <see cref="QemuConfCommand"/> describes it.</returns>
    /// <exception cref="EnablingException">Nothing was changed, or it was put back.</exception>
    public async Task<int> ApplyAsync(TextWriter output, CancellationToken cancellationToken)
    {
        using var held = await onlyOne.TakeAsync(output, cancellationToken);
        var plan = file.Plan();
        var unit = await UnitAsync(output);

        if (plan.IsDone && !IsRestartOwed(unit))
        {
            await output.WriteLineAsync($"{file.Path} is as the policy wants it. There is nothing to do.");
            return ExitCode.Done;
        }

        await sets.RequireAsync(plan.Wanted, output, cancellationToken);
        return await SwitchAsync(Write, unit, output, cancellationToken);

        async Task Write()
        {
            if (plan.IsDone)
            {
                await output.WriteLineAsync($"{file.Path} is as the policy wants it, but libvirt was started before it was.");
                return;
            }

            file.Apply(plan);
            await output.WriteLineAsync($"Wrote {file.Path} ({string.Join("; ", plan.Changes)}). What it was before is in {file.BackupPath}.");
        }
    }

    /// <inheritdoc cref="ApplyAsync"/>
    public async Task<int> RevertAsync(TextWriter output, CancellationToken cancellationToken)
    {
        using var held = await onlyOne.TakeAsync(output, cancellationToken);

        if (file.Applied() is not { } applied)
        {
            // One that was put back by an attempt that did not come to its restart.
            if (await UnitAsync(output) is { IsUp: true, StartedAt: { } started } unit && File.Exists(file.Path) && started < new DateTimeOffset(File.GetLastWriteTimeUtc(file.Path)))
            {
                await output.WriteLineAsync($"This agent's settings are not in {file.Path}, but {unit.Name} was started before it was last changed: systemctl restart {unit.Name}");
                return QemuConfCommand.SomethingLeft;
            }

            await output.WriteLineAsync($"This agent has changed nothing in {file.Path}, or has put it back. There is nothing to do.");
            return ExitCode.Done;
        }

        var backup = file.Backup() ?? throw new EnablingException($"{file.BackupPath} is gone, so that nobody knows what {file.Path} was before. Nothing was changed.");
        var present = file.Read();
        var text = QemuConfRevert.Of(present, backup, applied);
        WantedSets.RequireDirectories(text);

        return await SwitchAsync(
            async () =>
            {
                file.Revert(present, text);
                await output.WriteLineAsync($"Put {file.Path} back to what it was before this agent changed it.");
            },
            await UnitAsync(output),
            output,
            cancellationToken);
    }

    private async Task<int> SwitchAsync(Func<Task> write, UnitState? unit, TextWriter output, CancellationToken cancellationToken)
    {
        var before = await PresentAsync(output, cancellationToken);
        var (text, backup, applied) = (file.Read(), file.Backup(), file.Applied());

        await write();

        if (unit is null)
        {
            await output.WriteLineAsync("No unit of systemd runs this libvirt. Restart it yourself, for guests that are started from then on: service libvirtd restart (or virtqemud). Running guests go on meanwhile.");
            return QemuConfCommand.SomethingLeft;
        }

        try
        {
            var lost = await LostAsync(before ?? [], await restart.RestartAsync(unit.Name, output));
            await TellAsync(before, lost, output);
            return lost.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (EnablingException fault)
        {
            await output.WriteLineAsync(fault.Message);
            await output.WriteLineAsync($"Putting {file.Path} back to what it was ...");
            file.Restore(text, backup, applied);
            throw await RestartedAsync(unit.Name, output)
                ? new EnablingException($"{file.Path} is what it was before, and libvirt runs again with it. {fault.Message}", fault)
                : new EnablingException($"{file.Path} is what it was before, but libvirt does not come back with it either: see to that at once. {fault.Message}", fault);
        }
    }

    private async Task<bool> RestartedAsync(string unit, TextWriter output)
    {
        try
        {
            await restart.RestartAsync(unit, output);
            return true;
        }
        catch (EnablingException again)
        {
            await output.WriteLineAsync(again.Message);
            return false;
        }
    }

    /// <returns>Those that do not run any more as the processes that they were.</returns>
    private async Task<List<DomainReport>> LostAsync(IReadOnlyList<DomainReport> before, IReadOnlyList<DomainReport> now)
    {
        var until = clock.GetUtcNow() + FoundAgain;

        while (true)
        {
            var lost = before.Where(guest => !now.Any(other => other.Incarnation == guest.Incarnation)).ToList();

            if (lost.Count == 0 || clock.GetUtcNow() >= until)
            {
                return lost;
            }

            await Task.Delay(LookAgain, clock);

            try
            {
                now = await guests.ReadAsync(CancellationToken.None);
            }
            catch (LibvirtException fault)
            {
                throw new EnablingException($"libvirt answered after its restart, and then no more: could not {fault.Message}.", fault);
            }
        }
    }

    private static async Task TellAsync(IReadOnlyList<DomainReport>? before, List<DomainReport> lost, TextWriter output)
    {
        await output.WriteLineAsync((before?.Count - lost.Count) switch
        {
            null => "libvirt answers now. Whether guests ran through is not known, since it did not answer before.",
            0 when lost.Count == 0 => "libvirt answers again. No guest was running.",
            1 => "libvirt answers again. 1 guest ran through: the same QEMU process, still running.",
            { } count => $"libvirt answers again. {count} guests ran through: the same QEMU processes, still running.",
        });

        foreach (var guest in lost)
        {
            await output.WriteLineAsync($"Guest {guest.Name} did not run through: the QEMU process {guest.Incarnation!.QemuPid} that ran it before does not run it now.");
        }
    }

    // An attempt that was interrupted, or was made without systemd, has left it to somebody.
    private bool IsRestartOwed(UnitState? unit) =>
        unit is { IsUp: true, StartedAt: { } started } && File.Exists(file.AppliedPath) && started < new DateTimeOffset(File.GetLastWriteTimeUtc(file.AppliedPath));

    private async Task<IReadOnlyList<DomainReport>?> PresentAsync(TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            return await guests.ReadAsync(cancellationToken);
        }
        catch (LibvirtException fault)
        {
            await output.WriteLineAsync($"libvirt does not answer before the change: {fault.Message}.");
            return null;
        }
    }

    private async Task<UnitState?> UnitAsync(TextWriter output)
    {
        try
        {
            return await restart.UnitAsync();
        }
        catch (SystemdException fault)
        {
            await output.WriteLineAsync($"systemd cannot be asked to restart libvirt. {fault.Message}");
            return null;
        }
    }
}
