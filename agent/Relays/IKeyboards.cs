using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Relays;

/// <summary>The keyboards of this node's guests.</summary>
internal interface IKeyboards
{
    /// <returns>The keyboard of that run of the domain; null when the run is not on this node, or is over.</returns>
    /// <exception cref="LibvirtException">libvirt does not answer.</exception>
    Task<IKeyboard?> FindAsync(Incarnation run, CancellationToken cancellationToken);
}

/// <summary>The keyboard of one run of a domain.</summary>
internal interface IKeyboard
{
    /// <exception cref="LibvirtException">They were not pressed: libvirt refused, or the run is over.</exception>
    Task PressAsync(IReadOnlyList<int> keys, TimeSpan pause, CancellationToken cancellationToken);
}

/// <summary>The keyboards as libvirt presses them.</summary>
internal sealed class LibvirtKeyboards(PresentRun runs) : IKeyboards
{
    public async Task<IKeyboard?> FindAsync(Incarnation run, CancellationToken cancellationToken) =>
        await runs.FindAsync(run, cancellationToken) is var (connection, liveId) ? new Keyboard(connection, run.Domain, liveId) : null;

    private sealed class Keyboard(LibvirtConnection connection, DomainId domain, int liveId) : IKeyboard
    {
        public Task PressAsync(IReadOnlyList<int> keys, TimeSpan pause, CancellationToken cancellationToken) =>
            connection.SendKeysAsync(domain, liveId, keys, pause, cancellationToken);
    }
}
