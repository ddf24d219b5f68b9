using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Nova.Api;

/// <summary>A domain, as the API shows it.</summary>
/// <param name="Node">Of the nodes that know it, the one whose word counts.</param>
/// <param name="Heard">Whether that node is heard of.</param>
/// <param name="Migrating">Several nodes run it: it is on its way from one to the other.</param>
internal sealed record Server(NodeEntry Node, DomainReport Domain, bool Heard, bool Migrating)
{
    public ServerState State => Migrating ? ServerState.OfMigrating(Domain.State) : ServerState.Of(Domain.State);

    /// <summary>One server for each domain, in no order. What silent nodes say counts where no other says anything, and who runs a domain before who has it defined.</summary>
    public static IEnumerable<Server> Of(IEnumerable<(NodeEntry Node, DomainReport Domain, bool Heard)> known) => known.GroupBy(item => item.Domain.Id).Select(group => Choose(Counting(group)));

    /// <summary>Of those who know something, the ones whose word counts.</summary>
    public static IReadOnlyList<(NodeEntry Node, DomainReport Domain, bool Heard)> Counting(IEnumerable<(NodeEntry Node, DomainReport Domain, bool Heard)> known)
    {
        var all = known.ToList();
        var heard = all.Exists(item => item.Heard) ? all.FindAll(item => item.Heard) : all;
        return heard.Exists(item => item.Domain.Incarnation is not null) ? heard.FindAll(item => item.Domain.Incarnation is not null) : heard;
    }

    // Where a domain comes from it runs; where it goes to it waits.
    private static Server Choose(IReadOnlyList<(NodeEntry Node, DomainReport Domain, bool Heard)> counting)
    {
        var (node, domain, heard) = counting.OrderBy(item => item.Domain.State == "running" ? 0 : 1).ThenBy(item => item.Node.Identity.Name, StringComparer.Ordinal).First();
        return new Server(node, domain, heard, Migrating: domain.Incarnation is not null && counting.Count > 1);
    }
}
