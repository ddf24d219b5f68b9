using Consoles.Agent.Libvirt;
using Consoles.Agent.Systemd;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Enabling;

/// <summary>Restarts the node's libvirt through systemd, and waits until it answers again. Guests go on meanwhile.</summary>
internal sealed class LibvirtRestart(RunningGuests guests, IOptions<LibvirtOptions> options, TimeProvider clock)
{
    /// <summary>For systemd's job. A unit's own limit is 90 s where nobody sets another.</summary>
    public static readonly TimeSpan JobLimit = TimeSpan.FromMinutes(2);

    /// <summary>For libvirt to answer after that: it looks at every guest first.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    /// <returns>The unit that runs the node's libvirt, or null when none does: there is no systemd, or another libvirt than the node's own is looked at.</returns>
    /// <exception cref="SystemdException">systemd could not be asked.</exception>
    public async Task<UnitState?> UnitAsync() => SystemdUnits.IsInCharge && IsOfThisNode(options.Value.Uri) ? await LibvirtUnit.FindAsync() : null;

    /// <returns>The guests that run afterwards.</returns>
    /// <exception cref="EnablingException">It did not come back.</exception>
    public async Task<IReadOnlyList<DomainReport>> RestartAsync(string unit, TextWriter output)
    {
        try
        {
            await LibvirtUnit.ForgetFailureAsync(unit);
            await output.WriteLineAsync($"Restarting {unit} ...");

            // It is not left half done for a Ctrl-C.
            var result = await SystemdUnits.RestartAsync(unit, JobLimit, clock, CancellationToken.None);

            return result == "done"
                ? await AnswerAsync(unit, await SystemdUnits.FindAsync(unit))
                : throw new EnablingException($"systemd could not restart {unit}; its job ended as: {result}. journalctl -u {unit} says why.");
        }
        catch (SystemdException fault)
        {
            throw new EnablingException(fault.Message, fault);
        }
    }

    internal static bool IsOfThisNode(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out var parsed)
        && parsed is { Scheme: "qemu" or "qemu+unix", Host: "", AbsolutePath: "/system" }
        && !parsed.Query.Contains("socket=", StringComparison.Ordinal);

    // The job is done when the daemon has started, which one that dislikes its qemu.conf does as well: only its answer counts.
    private async Task<IReadOnlyList<DomainReport>> AnswerAsync(string unit, UnitState started)
    {
        var until = clock.GetUtcNow() + AnswerLimit;

        while (true)
        {
            try
            {
                return await guests.ReadAsync(CancellationToken.None);
            }
            catch (LibvirtException fault)
            {
                var now = await SystemdUnits.FindAsync(unit);

                // Asking a socket starts the daemon again, and too many starts make systemd give up on it.
                if (!now.IsUp || now.StartedAt != started.StartedAt)
                {
                    throw new EnablingException($"systemd's job ended as: done, but {unit} has ended by itself since ({now.ActiveState}): {fault.Message}. journalctl -u {unit} says why.", fault);
                }

                if (clock.GetUtcNow() > until)
                {
                    throw new EnablingException($"{unit} was restarted, but libvirt has not answered for {AnswerLimit.TotalSeconds:0} s: {fault.Message}.", fault);
                }
            }

            await Task.Delay(AskAgain, clock, CancellationToken.None);
        }
    }
}
