using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>All that the agent knows of its node at one moment. Immutable.</summary>
internal sealed record InventorySnapshot(
    long Version, LibvirtHealth Libvirt, IReadOnlyDictionary<DomainId, DomainReport> Domains, NodeCertificates? Certificates = null);

/// <summary>The latest snapshot of the node, and a way to wait for the next.</summary>
internal sealed class NodeInventory(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InventorySnapshot Current { get; private set; } =
        new(0, new LibvirtHealth(Connected: false, "The agent has just started.", clock.GetUtcNow()), new Dictionary<DomainId, DomainReport>());

    public void Publish(LibvirtHealth libvirt, IReadOnlyDictionary<DomainId, DomainReport> domains) =>
        Publish(current => current with { Libvirt = libvirt, Domains = domains });

    /// <summary>What is newly known of the node's certificates.</summary>
    public void Publish(NodeCertificates certificates) => Publish(current => current with { Certificates = certificates });

    private void Publish(Func<InventorySnapshot, InventorySnapshot> change)
    {
        TaskCompletionSource changed;

        lock (_gate)
        {
            Current = change(Current) with { Version = Current.Version + 1 };
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
