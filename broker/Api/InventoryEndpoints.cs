using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>What there is: nodes, domains, consoles.</summary>
internal static class InventoryEndpoints
{
    private const int MaxPage = 500;

    public static void MapInventory(this RouteGroupBuilder v1)
    {
        v1.MapGet("/nodes", Nodes).WithName("nodes").WithSummary("Lists the nodes that were heard of.").RequireRole(ApiRole.Viewer);
        v1.MapGet("/nodes/{name}", Node).WithName("node").WithSummary("Shows a node.").ProducesProblem(404).RequireRole(ApiRole.Viewer);
        v1.MapGet("/domains", Domains).WithName("domains").WithSummary("Lists domains, by name, in pages.").ProducesProblem(400).RequireRole(ApiRole.Viewer);
        v1.MapGet("/domains/{domain}", Domain).WithName("domain").WithSummary("Shows a domain, by UUID or name.").ProducesProblem(404).RequireRole(ApiRole.Viewer);
        v1.MapGet("/domains/{domain}/consoles", Consoles).WithName("consoles").WithSummary("Lists the consoles of a domain, and whether each can be opened.")
            .ProducesProblem(404).RequireRole(ApiRole.Viewer);
    }

    internal static Ok<Page<NodeAnswer>> Nodes(ConsoleDirectory directory, ClaimsPrincipal user) =>
        TypedResults.Ok(new Page<NodeAnswer>([.. directory.Nodes.OrderBy(node => node.Identity.Name, StringComparer.Ordinal).Select(node => Show(node, directory, user))]));

    internal static Results<Ok<NodeAnswer>, ProblemHttpResult> Node(string name, ConsoleDirectory directory, ClaimsPrincipal user) =>
        directory.Nodes.FirstOrDefault(node => node.Identity.Name == name) is { } found
            ? TypedResults.Ok(Show(found, directory, user))
            : Problem.NotFound.Result("No such node is heard of.");

    /// <param name="directory">What is known.</param>
    /// <param name="views">Shows consoles.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="node">Only those of this node.</param>
    /// <param name="name">Only those whose name contains this, in whatever case.</param>
    /// <param name="state">Only those in this state, in libvirt's word.</param>
    /// <param name="limit">How many on a page.</param>
    /// <param name="after">The "next" of the page before.</param>
    internal static Results<Ok<Page<DomainAnswer>>, ProblemHttpResult> Domains(
        ConsoleDirectory directory, ConsoleViews views, ClaimsPrincipal user, string? node, string? name, string? state, [Range(1, MaxPage)] int? limit, string? after)
    {
        if (limit is < 1 or > MaxPage)
        {
            return Problem.BadRequest.Result($"limit must be from 1 to {MaxPage}, and is {limit}.");
        }

        DomainCursor? cursor = null;

        if (after is not null && !DomainCursor.TryParse(after, out cursor))
        {
            return Problem.BadRequest.Result("after must be the \"next\" of an earlier page.");
        }

        var size = limit ?? 100;

        // A domain of a silent node may be another's by now.
        var heard = directory.Nodes.Where(directory.IsHeardOf).SelectMany(entry => entry.Domains.Keys).ToHashSet();

        var found = (
            from entry in directory.Nodes
            where directory.IsKept(entry) && (node is null || entry.Identity.Name == node)
            from domain in entry.Domains.Values
            where directory.IsHeardOf(entry) || !heard.Contains(domain.Id)
            where name is null || domain.Name.Contains(name, StringComparison.OrdinalIgnoreCase)
            where state is null || domain.State == state
            let place = new DomainCursor(domain.Name, domain.Id, entry.Identity.Name)
            where cursor is null || DomainCursor.Compare(place, cursor) > 0
            select (place, entry, domain))
            .OrderBy(item => item.place, Comparer<DomainCursor>.Create(DomainCursor.Compare)).Take(size + 1).ToList();

        return TypedResults.Ok(new Page<DomainAnswer>(
            [.. found.Take(size).Select(item => views.Of(item.entry, item.domain, user))],
            found.Count > size ? found[size - 1].place.ToString() : null));
    }

    internal static Results<Ok<DomainAnswer>, ProblemHttpResult> Domain(string domain, ConsoleDirectory directory, ConsoleViews views, ClaimsPrincipal user) =>
        directory.FindDomain(domain) is var (node, found)
            ? TypedResults.Ok(views.Of(node, found, user))
            : Problem.NotFound.Result("No such domain is heard of, or several have that name.");

    internal static Results<Ok<Page<ConsoleAnswer>>, ProblemHttpResult> Consoles(string domain, ConsoleDirectory directory, ConsoleViews views, ClaimsPrincipal user) =>
        directory.FindDomain(domain) is var (node, found)
            ? TypedResults.Ok(new Page<ConsoleAnswer>(views.Of(node, found, user).ConsoleList))
            : Problem.NotFound.Result("No such domain is heard of, or several have that name.");

    private static NodeAnswer Show(NodeEntry node, ConsoleDirectory directory, ClaimsPrincipal user) => new(
        node.Identity.Name,
        directory.IsHeardOf(node),
        node.HeardAt,
        node.Libvirt,
        node.Domains.Count,
        Caller.Of(user).IsAtLeast(ApiRole.Admin) ? [.. node.Identity.Addresses.Select(address => address.ToString())] : null);
}
