using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>What the latest real handshake with each console of each run found.</summary>
internal sealed class ReadinessResults
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Incarnation Run, ConsoleEndpoint Where), Readiness> _found = [];

    /// <summary>Raised after a result was added or dropped, by whoever did it.</summary>
    public event Action? Changed;

    /// <returns>What was found at that very address of that very run, or null while nothing was.</returns>
    public Readiness? Find(Incarnation run, ConsoleEndpoint console)
    {
        lock (_gate)
        {
            return _found.GetValueOrDefault((run, Where(console)));
        }
    }

    public void Set(Incarnation run, ConsoleEndpoint console, Readiness readiness)
    {
        lock (_gate)
        {
            _found[(run, Where(console))] = readiness;
        }

        Changed?.Invoke();
    }

    /// <summary>Forgets the runs that are over, and the consoles that are elsewhere now.</summary>
    public void Keep(IEnumerable<DomainReport> domains)
    {
        var present = domains
            .Where(domain => domain.Incarnation is not null)
            .SelectMany(domain => domain.Consoles, (domain, console) => (domain.Incarnation!, Where(console)))
            .ToHashSet();

        lock (_gate)
        {
            foreach (var over in _found.Keys.Where(key => !present.Contains(key)).ToList())
            {
                _found.Remove(over);
            }
        }
    }

    // What a handshake finds out is no part of where the console is.
    private static ConsoleEndpoint Where(ConsoleEndpoint console) => console with { Readiness = null, PasswordSet = false };
}
