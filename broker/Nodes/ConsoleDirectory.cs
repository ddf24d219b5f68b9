using System.Collections.Concurrent;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>What the broker knows of every node: its latest report, for as long as the node is heard of.</summary>
/// <remarks>
/// In memory alone: a broker that starts knows nothing until the agents are back, which takes seconds,
/// and a console that no agent vouches for now is not one to send a user to.
/// </remarks>
internal sealed class ConsoleDirectory(TimeProvider clock)
{
    /// <summary>A silent node's consoles are forgotten after this long.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, NodeEntry> _nodes = new(StringComparer.Ordinal);

    /// <summary>Raised after a report was taken in, with the runs that ended by it: stopped, destroyed, or moved to another node. Handlers must be quick and must not throw.</summary>
    public event Action<IReadOnlyList<Incarnation>>? Ended;

    public IReadOnlyCollection<NodeEntry> Nodes => [.. _nodes.Values];

    public void Forget(string node)
    {
        if (_nodes.TryRemove(node, out var entry))
        {
            RaiseEnded(entry.Domains.Values.Select(domain => domain.Incarnation).OfType<Incarnation>());
        }
    }

    /// <summary>Takes in a report. The caller has checked who speaks, and that the generation follows.</summary>
    public void Apply(NodeIdentity node, NodeReport report)
    {
        var before = _nodes.GetValueOrDefault(node.Name)?.Domains ?? new Dictionary<DomainId, DomainReport>();

        // An agent that has not reached its libvirt yet reports nothing, and that says nothing of runs that an earlier agent saw.
        var after = report.Whole && report.Libvirt.Connected ? [] : new Dictionary<DomainId, DomainReport>(before);

        foreach (var domain in report.Domains)
        {
            after[domain.Id] = domain;
        }

        foreach (var gone in report.Gone)
        {
            after.Remove(gone);
        }

        _nodes[node.Name] = new NodeEntry(node, report.Libvirt, after, clock.GetUtcNow());

        RaiseEnded(
            from domain in before.Values
            where domain.Incarnation is not null && after.GetValueOrDefault(domain.Id)?.Incarnation != domain.Incarnation
            select domain.Incarnation);
    }

    /// <summary>The domain with that UUID or, where <paramref name="nameOrId"/> is none, that name; null when none or several nodes running it are heard of.</summary>
    public (NodeEntry Node, DomainReport Domain)? FindDomain(string nameOrId)
    {
        var byId = DomainId.TryParse(nameOrId, null, out var id);

        var found = (
            from node in _nodes.Values
            where IsHeardOf(node)
            from domain in node.Domains.Values
            where byId ? domain.Id == id : string.Equals(domain.Name, nameOrId, StringComparison.Ordinal)
            select (node, domain)).ToList();

        // A domain that is being migrated, or defined on several nodes, is known to all of them: the one that runs it counts.
        var running = found.Where(candidate => candidate.domain.Incarnation is not null).ToList();
        var candidates = running.Count > 0 ? running : found;
        return candidates.Count == 1 ? candidates[0] : null;
    }

    /// <summary>The console of this very run of the domain, or null when the run is over, its node is not heard of, or several nodes claim it.</summary>
    public ConsoleTarget? Find(Incarnation incarnation, string console)
    {
        ConsoleTarget? target = null;

        foreach (var node in _nodes.Values)
        {
            if (IsHeardOf(node)
                && node.Domains.TryGetValue(incarnation.Domain, out var domain)
                && domain.Incarnation == incarnation
                && domain.Consoles.FirstOrDefault(endpoint => string.Equals(endpoint.Name, console, StringComparison.Ordinal)) is { } endpoint)
            {
                // A process runs on one node: of two that claim it, one lies, and nobody is sent to either.
                if (target is not null)
                {
                    return null;
                }

                target = new ConsoleTarget(node.Identity, domain, endpoint);
            }
        }

        return target;
    }

    public bool IsHeardOf(NodeEntry node) => clock.GetUtcNow() - node.HeardAt < SilenceLimit;

    private void RaiseEnded(IEnumerable<Incarnation> runs)
    {
        var ended = runs.ToList();

        if (ended.Count > 0)
        {
            Ended?.Invoke(ended);
        }
    }
}

/// <summary>One node's part of the directory. Immutable: a report replaces it.</summary>
internal sealed record NodeEntry(NodeIdentity Identity, LibvirtHealth Libvirt, IReadOnlyDictionary<DomainId, DomainReport> Domains, DateTimeOffset HeardAt);
