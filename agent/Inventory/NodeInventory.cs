using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>All that the agent knows of its node at one moment. Immutable.</summary>
internal sealed record InventorySnapshot(long Version, LibvirtHealth Libvirt, IReadOnlyDictionary<DomainId, DomainReport> Domains);

/// <summary>The latest snapshot of the node, and a way to wait for the next.</summary>
internal sealed class NodeInventory(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InventorySnapshot Current { get; private set; } =
        new(0, new LibvirtHealth(Connected: false, "The agent has just started.", clock.GetUtcNow()), new Dictionary<DomainId, DomainReport>());

    public void Publish(LibvirtHealth libvirt, IReadOnlyDictionary<DomainId, DomainReport> domains)
    {
        TaskCompletionSource changed;

        lock (_gate)
        {
            Current = new InventorySnapshot(Current.Version + 1, libvirt, domains);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>Completes when there is a snapshot newer than <paramref name="version"/>.</summary>
    public async Task<InventorySnapshot> NewerThanAsync(long version, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;

            lock (_gate)
            {
                if (Current.Version > version)
                {
                    return Current;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }
}
