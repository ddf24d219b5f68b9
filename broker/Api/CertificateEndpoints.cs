using System.ComponentModel.DataAnnotations;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>The certificates of the fleet.</summary>
internal static class CertificateEndpoints
{
    private const int MaxPage = 500;

    public static void MapCertificates(this RouteGroupBuilder v1) =>
        v1.MapGet("/certificates", Certificates).WithName("certificates")
            .WithSummary("Lists what nodes have for certificates and what their guests serve, by node, in pages.")
            .ProducesProblem(400).RequireRole(ApiRole.Operator);

    /// <param name="directory">What is known.</param>
    /// <param name="views">Shows nodes.</param>
    /// <param name="own">The broker's own.</param>
    /// <param name="node">Only this node.</param>
    /// <param name="state">Only nodes in this state or with a console in it, and of their consoles those alone.</param>
    /// <param name="limit">How many nodes on a page.</param>
    /// <param name="after">The "next" of the page before.</param>
    internal static Results<Ok<CertificatesAnswer>, ProblemHttpResult> Certificates(
        ConsoleDirectory directory, CertificateViews views, OwnCertificates own, string? node, string? state, [Range(1, MaxPage)] int? limit, string? after)
    {
        if (limit is < 1 or > MaxPage)
        {
            return Problem.BadRequest.Result($"limit must be from 1 to {MaxPage}, and is {limit}.");
        }

        if (state is not null && !CertificateViews.IsState(state))
        {
            return Problem.BadRequest.Result("state must be fresh, off, plain, needs-restart, pending, unproved, expired or fault.");
        }

        var size = limit ?? 100;
        var nodes = directory.Nodes.Where(entry => directory.IsKept(entry) && (node is null || entry.Identity.Name == node)).ToList();
        var counts = nodes.SelectMany(views.ConsoleStates).CountBy(word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

        // By name, so that nodes whose state changes meanwhile do not shift the pages. Only those of the page are shown in full.
        var found = nodes
            .Where(entry => after is null || string.CompareOrdinal(entry.Identity.Name, after) > 0)
            .Where(entry => state is null || views.StateOf(entry) == state || views.ConsoleStates(entry).Contains(state, StringComparer.Ordinal))
            .OrderBy(entry => entry.Identity.Name, StringComparer.Ordinal).Take(size + 1).ToList();

        return TypedResults.Ok(new CertificatesAnswer(
            [.. found.Take(size).Select(entry => views.Of(entry, state))], found.Count > size ? found[size - 1].Identity.Name : null, counts, own.Show()));
    }
}
