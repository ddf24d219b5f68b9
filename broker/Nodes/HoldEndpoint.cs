using Consoles.Broker.Hosting;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Where agents hold handshakes with a guest's console while they reload its certificate.</summary>
internal static class HoldEndpoint
{
    public static void MapHolds(this IEndpointRouteBuilder routes) =>
        routes.MapPost(LinkPaths.Hold, Hold).ForAgentsOnly().AllowAnonymous().ExcludeFromDescription();

    private static Task<IResult> Hold(HttpContext context, AgentIdentity identity, ConsoleDirectory directory, HandshakeHolds holds) =>
        AgentPosts.AnswerAsync(context, LinkJson.Default.HoldRequest, identity, async (request, node) =>
        {
            AgentPosts.Require(request.Incarnation, "incarnation");
            AgentPosts.Require(request.Console, "console");

            if (!Has(directory, node.Name, request.Incarnation, request.Console))
            {
                return AgentPosts.Refuse($"Node {node.Name} has not reported that run of a domain with a console of that name.");
            }

            var console = new HeldConsole(node.Name, request.Incarnation, request.Console);

            if (request.Release)
            {
                holds.Release(console);
                return Results.NoContent();
            }

            return await holds.HoldAsync(console, context.RequestAborted)
                ? Results.NoContent()
                : Results.Problem("A handshake with the console did not end in time for a reload.", statusCode: StatusCodes.Status409Conflict);
        });

    // The node's own word, which another node cannot give: what it may hold up are its own consoles alone.
    private static bool Has(ConsoleDirectory directory, string node, Incarnation run, string console) =>
        directory.FindNode(node)?.Domains.GetValueOrDefault(run.Domain) is { } domain
        && domain.Incarnation == run
        && domain.Consoles.Any(endpoint => string.Equals(endpoint.Name, console, StringComparison.Ordinal));
}
