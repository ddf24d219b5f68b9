using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Joins what libvirt says of the node with what its consoles say themselves, and publishes whenever that makes a difference.</summary>
internal sealed class InventoryPublisher
{
    private readonly Lock _gate = new();
    private readonly NodeInventory _inventory;
    private readonly ReadinessProbes _probes;
    private readonly TimeProvider _clock;

    private Dictionary<DomainId, DomainReport> _read = [];
    private LibvirtHealth _health;

    public InventoryPublisher(NodeInventory inventory, ReadinessProbes probes, TimeProvider clock)
    {
        (_inventory, _probes, _clock, _health) = (inventory, probes, clock, inventory.Current.Libvirt);

        // Consoles are asked, and change their answers, whether libvirt is there or not.
        _probes.Changed += (_, _) => Publish();
    }

    /// <summary>Takes what was read while libvirt is connected.</summary>
    /// <param name="readings">What was read.</param>
    /// <param name="all">True: what is not among them is no more. False: what is not among them is as before.</param>
    public void Connected(IReadOnlyCollection<DomainReading> readings, bool all)
    {
        List<(Incarnation Run, ConsoleEndpoint Console)> consoles;

        lock (_gate)
        {
            var before = _read;
            _read = all ? [] : before;

            foreach (var reading in readings)
            {
                Take(reading, before.GetValueOrDefault(reading.Id));
            }

            consoles = [.. _read.Values.SelectMany(domain => domain.Incarnation is { } run ? domain.Consoles.Select(console => (run, console)) : [])];
            _health = _health.Connected ? _health : new LibvirtHealth(Connected: true, Reason: null, _clock.GetUtcNow());
        }

        Publish();
        _probes.Want(consoles);
    }

    /// <summary>libvirt is not connected: the domains stay as they were last known.</summary>
    public void Disconnected(string reason)
    {
        lock (_gate)
        {
            _health = _health.Connected ? new LibvirtHealth(Connected: false, reason, _clock.GetUtcNow()) : _health with { Reason = reason };
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
            var current = _inventory.Current;
            var joined = _read.Values.Select(Join).Select(domain => Unchanged(current, domain) ?? domain).ToDictionary(domain => domain.Id);

            if (_health != current.Libvirt || joined.Count != current.Domains.Count || joined.Any(domain => !ReferenceEquals(current.Domains.GetValueOrDefault(domain.Key), domain.Value)))
            {
                _inventory.Publish(_health, joined);
            }
        }
    }

    private DomainReport Join(DomainReport domain) => domain.Incarnation is { } run
        ? domain with { Consoles = [.. domain.Consoles.Select(console => console.Found(_probes.Known(run, console)))] }
        : domain;

    /// <summary>The report already published, when it says the same: whoever compares reports then needs only compare references.</summary>
    private static DomainReport? Unchanged(InventorySnapshot current, DomainReport domain) =>
        current.Domains.TryGetValue(domain.Id, out var before) && before with { Consoles = domain.Consoles } == domain && before.Consoles.SequenceEqual(domain.Consoles)
            ? before
            : null;
}
