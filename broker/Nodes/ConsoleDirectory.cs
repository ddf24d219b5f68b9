using System.Collections.Concurrent;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nodes;

/// <summary>What the broker knows of every node: its latest report, for as long as the node is heard of.</summary>
/// <remarks>
/// In memory alone: a broker that starts knows nothing until the agents are back, which takes seconds.
/// What a silent node said last counts only where no other node says anything of the domain, and is marked as such.
/// </remarks>
internal sealed class ConsoleDirectory(TimeProvider clock, IOptions<NodeOptions> options)
{
    /// <summary>A node of which no report came for so long is silent.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, NodeEntry> _nodes = new(StringComparer.Ordinal);

    /// <summary>Raised after a report was taken in, with the runs that ended by it: stopped, destroyed, or moved to another node. Handlers must be quick and must not throw.</summary>
    public event Action<IReadOnlyList<Incarnation>>? Ended;

    public IReadOnlyCollection<NodeEntry> Nodes => [.. _nodes.Values];

    public NodeEntry? FindNode(string name) => _nodes.GetValueOrDefault(name);

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
        var entry = _nodes.GetValueOrDefault(node.Name);
        var before = entry?.Domains ?? new Dictionary<DomainId, DomainReport>();

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

        _nodes[node.Name] = new NodeEntry(node, report.Libvirt, after, clock.GetUtcNow(), report.Certificates ?? (report.Whole ? null : entry?.Certificates));

        RaiseEnded(
            from domain in before.Values
            where domain.Incarnation is not null && after.GetValueOrDefault(domain.Id)?.Incarnation != domain.Incarnation
            select domain.Incarnation);
    }

    /// <summary>The domain with that UUID or, where <paramref name="nameOrId"/> is none, that name; null when no node is known to have it, or several are.</summary>
    public (NodeEntry Node, DomainReport Domain)? FindDomain(string nameOrId)
    {
        var byId = DomainId.TryParse(nameOrId, null, out var id);

        var found = (
            from node in _nodes.Values
            where IsKept(node)
            from domain in node.Domains.Values
            where byId ? domain.Id == id : string.Equals(domain.Name, nameOrId, StringComparison.Ordinal)
            select (node, domain)).ToList();

        if (found.Exists(candidate => IsHeardOf(candidate.node)))
        {
            found.RemoveAll(candidate => !IsHeardOf(candidate.node));
        }

        // A domain that is being migrated, or defined on several nodes, is known to all of them: the one that runs it counts.
        var running = found.Where(candidate => candidate.domain.Incarnation is not null).ToList();
        var candidates = running.Count > 0 ? running : found;
        return candidates.Count == 1 ? candidates[0] : null;
    }

    /// <summary>The console of this very run of the domain, or null when the run is over, no node is known to have it, or several claim it.</summary>
    public ConsoleTarget? Find(Incarnation incarnation, string console)
    {
        ConsoleTarget? target = null;

        foreach (var node in _nodes.Values)
        {
            var heard = IsHeardOf(node);

            if (!IsKept(node)
                || !node.Domains.TryGetValue(incarnation.Domain, out var domain)
                || domain.Incarnation != incarnation
                || domain.Consoles.FirstOrDefault(endpoint => string.Equals(endpoint.Name, console, StringComparison.Ordinal)) is not { } endpoint
                || (target?.Heard == true && !heard))
            {
                continue;
            }

            // A process runs on one node: of two that claim it, one lies, and nobody is sent to either.
            if (target is not null && target.Heard == heard)
            {
                return null;
            }

            target = new ConsoleTarget(node.Identity, domain, endpoint, heard);
        }

        return target;
    }

    /// <summary>Whether what the node said last is still taken for true, though it may be silent.</summary>
    public bool IsKept(NodeEntry node) => clock.GetUtcNow() - node.HeardAt < options.Value.KeptSilent;

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
/// <param name="Certificates">Null: the agent looks after none.</param>
internal sealed record NodeEntry(
    NodeIdentity Identity, LibvirtHealth Libvirt, IReadOnlyDictionary<DomainId, DomainReport> Domains, DateTimeOffset HeardAt, NodeCertificates? Certificates);
