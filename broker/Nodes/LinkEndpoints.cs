using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Where agents' links come in.</summary>
internal static class LinkEndpoints
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static void MapLink(this IEndpointRouteBuilder routes) =>
        routes.MapGet(LinkPaths.Link, Link).ForAgentsOnly().AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> Link(HttpContext context, AgentIdentity identity, AgentLinks links, DescriptorBudget budget, ILogger<AgentLinks> log)
    {
        var remote = AgentPosts.Remote(context);

        try
        {
            if (!identity.TryIdentify(context.Connection.ClientCertificate, out var node, out var refusal))
            {
                log.AgentRefused(remote, refusal);
                return Results.Problem(refusal, statusCode: StatusCodes.Status403Forbidden);
            }

            if (!context.WebSockets.IsWebSocketRequest)
            {
                return Results.Problem("A link is a WebSocket.", statusCode: StatusCodes.Status400BadRequest);
            }

            if (links.Open >= budget.Links)
            {
                log.TooManyLinks(node.Name, budget.Links);
                return Results.Problem("The broker has as many agents as it can have.", statusCode: StatusCodes.Status503ServiceUnavailable);
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
            await links.RunAsync(socket, node, remote);
            return Results.Empty;
        }
        catch (StoreException e)
        {
            log.StoreFailedForLink(remote.ToString(), e.Message);
            return Results.Problem("The broker's store is not available.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
