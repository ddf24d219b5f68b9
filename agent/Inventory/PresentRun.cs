using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Finds libvirt's number of a run that the broker names, while that run goes on.</summary>
internal sealed class PresentRun(LibvirtAccess access, Incarnations incarnations)
{
    /// <returns>The connection, and libvirt's number of the run; null when the run is not on this node, or is over.</returns>
    /// <exception cref="LibvirtException">libvirt does not answer.</exception>
    public async Task<(LibvirtConnection Connection, int LiveId)?> FindAsync(Incarnation run, CancellationToken cancellationToken)
    {
        var connection = access.Connection;

        // Asked first: a run that is present afterwards, and was begun before, is the one of that number.
        return await connection.LiveIdAsync(run.Domain, cancellationToken) is { } liveId && incarnations.IsPresent(run, liveId) ? (connection, liveId) : null;
    }

    /// <summary>
    /// Whether the run goes on. Asked after something was opened: a run that is present then, and was reported before, was present in between,
    /// so that what was opened is its own.
    /// </summary>
    /// <exception cref="LibvirtException">Only libvirt could tell, and it does not answer.</exception>
    public async Task<bool> IsPresentAsync(Incarnation run, CancellationToken cancellationToken) =>
        incarnations.IsPresent(run, run.StartTicks == 0 ? await access.Connection.LiveIdAsync(run.Domain, cancellationToken) : null);
}
