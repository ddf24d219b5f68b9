using System.Collections.Concurrent;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>How many sockets to a domain's graphics, past all authentication, libvirt has handed to this agent and are open.</summary>
internal sealed class OpenedGraphics
{
    private readonly ConcurrentDictionary<Incarnation, int> _open = new();

    public int Count(Incarnation run) => _open.GetValueOrDefault(run);

    /// <summary>Counts one, until it is closed.</summary>
    public void Opened(Incarnation run) => _open.AddOrUpdate(run, 1, (_, count) => count + 1);

    public void Closed(Incarnation run)
    {
        if (_open.AddOrUpdate(run, 0, (_, count) => count - 1) <= 0)
        {
            _open.TryRemove(new KeyValuePair<Incarnation, int>(run, 0));
        }
    }
}
