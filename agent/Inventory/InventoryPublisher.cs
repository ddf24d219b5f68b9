using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Publishes the node whenever what was read makes a difference.</summary>
internal sealed class InventoryPublisher(NodeInventory inventory, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private Dictionary<DomainId, DomainReport> _read = [];
    private LibvirtHealth _health = inventory.Current.Libvirt;

    /// <summary>Takes what was read while libvirt is connected.</summary>
    /// <param name="readings">What was read.</param>
    /// <param name="all">True: what is not among them is no more. False: what is not among them is as before.</param>
    public void Connected(IReadOnlyCollection<DomainReading> readings, bool all)
    {
        lock (_gate)
        {
            var before = _read;
            _read = all ? [] : before;

            foreach (var reading in readings)
            {
                Take(reading, before.GetValueOrDefault(reading.Id));
            }

            _health = _health.Connected ? _health : new LibvirtHealth(Connected: true, Reason: null, clock.GetUtcNow());
        }

        Publish();
    }

    /// <summary>libvirt is not connected: the domains stay as they were last known.</summary>
    public void Disconnected(string reason)
    {
        lock (_gate)
        {
            _health = _health.Connected ? new LibvirtHealth(Connected: false, reason, clock.GetUtcNow()) : _health with { Reason = reason };
        }

        Publish();
    }

    private void Take(DomainReading reading, DomainReport? before)
    {
        if (reading.Report is null)
        {
            _read.Remove(reading.Id);
        }
        else
        {
            // libvirt did not give it this time: what was known of it is still the best guess, and says why it may be old.
            _read[reading.Id] = reading.Again && before is not null ? before with { Refusal = reading.Report.Refusal } : reading.Report;
        }
    }

    private void Publish()
    {
        lock (_gate)
        {
            var current = inventory.Current;
            var joined = _read.Values.Select(domain => Unchanged(current, domain) ?? domain).ToDictionary(domain => domain.Id);

            if (_health != current.Libvirt || joined.Count != current.Domains.Count || joined.Any(domain => !ReferenceEquals(current.Domains.GetValueOrDefault(domain.Key), domain.Value)))
            {
                inventory.Publish(_health, joined);
            }
        }
    }

    /// <summary>The report already published, when it says the same: whoever compares reports then needs only compare references.</summary>
    private static DomainReport? Unchanged(InventorySnapshot current, DomainReport domain) =>
        current.Domains.TryGetValue(domain.Id, out var before) && before with { Consoles = domain.Consoles } == domain && before.Consoles.SequenceEqual(domain.Consoles)
            ? before
            : null;
}
