using Consoles.Agent.Inventory;
using Consoles.Agent.QemuConf;

namespace Consoles.Agent.Enabling;

/// <summary>Says which running guests are not yet protected as qemu.conf asks, why, and what to do about it.</summary>
internal sealed class RollOutReport(QemuConfFile file, RunningGuests guests, ReadinessProbes probes)
{
    /// <returns>How many consoles there are of which that is so.</returns>
    /// <exception cref="Libvirt.LibvirtException">libvirt does not answer.</exception>
    public async Task<int> WriteAsync(TextWriter output, CancellationToken cancellationToken)
    {
        var settings = file.Settings();
        var running = await guests.ReadAsync(cancellationToken);
        var consoles = running.SelectMany(guest => guest.Consoles, (guest, console) => (Guest: guest, Console: console)).ToList();
        var found = await probes.ProbeAllAsync(consoles.Select(one => (one.Guest.Incarnation!, one.Console)), cancellationToken);

        var faults = (
            from one in consoles
            let run = one.Guest.Incarnation!
            let fault = RollOut.Fault(one.Console, found.GetValueOrDefault((run, one.Console)), QemuTlsArguments.VncVerifies(run.QemuPid), settings)
            where fault is not null
            select $"Guest {one.Guest.Name}, {one.Console.Name} at {ScanTable.Address(one.Console)}: {fault}.").ToList();

        foreach (var refused in running.Where(guest => guest.Refusal is not null))
        {
            faults.Add($"Guest {refused.Name} could not be looked at: {refused.Refusal}");
        }

        foreach (var line in faults)
        {
            await output.WriteLineAsync(line);
        }

        await output.WriteLineAsync(faults.Count == 0
            ? $"Every console of the {running.Count} running guests is protected as qemu.conf asks."
            : "Guests that were started before take it when they are started anew: shut them down and start them, migrate them, or save and restore them. A reboot within the guest does not do it.");
        return faults.Count;
    }
}
