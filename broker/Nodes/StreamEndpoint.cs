using System.Net.Http.Headers;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Http.Features;

namespace Consoles.Broker.Nodes;

/// <summary>Where agents dial back with what they were asked to open.</summary>
internal static class StreamEndpoint
{
    private const int MaxSecret = 64;

    public static void MapStreams(this IEndpointRouteBuilder routes) =>
        routes.MapGet(LinkPaths.Stream, TakeAsync).ForAgentsOnly().AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> TakeAsync(HttpContext context, AgentIdentity identity, AgentStreams streams, ILogger<AgentStreams> log)
    {
        try
        {
            if (!identity.TryIdentify(context.Connection.ClientCertificate, out var node, out var refusal))
            {
                log.StreamRefused(context.Connection.RemoteIpAddress?.ToString() ?? "?", refusal);
                return Results.Problem(refusal, statusCode: StatusCodes.Status403Forbidden);
            }

            if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade
                || !context.Request.Headers.GetCommaSeparatedValues("Upgrade").Contains(LinkPaths.StreamProtocol, StringComparer.OrdinalIgnoreCase))
            {
                return Results.Problem($"A stream is upgraded to {LinkPaths.StreamProtocol}.", statusCode: StatusCodes.Status400BadRequest);
            }

            // Judged before the upgrade, so that the agent's log can say what is wrong.
            if (SecretOf(context.Request) is not { } secret || streams.Take(secret, node.Name) is not { } awaited)
            {
                return Results.Problem("The stream's secret is unknown, used or late.", statusCode: StatusCodes.Status403Forbidden);
            }

            context.Response.Headers.Upgrade = LinkPaths.StreamProtocol;
            await using var stream = new AgentStream(await upgrade.UpgradeAsync(), context.Abort);

            if (awaited.Arrival.TrySetResult(stream))
            {
                await stream.Disposed;
            }

            return Results.Empty;
        }
        catch (StoreException e)
        {
            log.StreamRefused(context.Connection.RemoteIpAddress?.ToString() ?? "?", e.Message);
            return Results.Problem("The broker's store is not available.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static string? SecretOf(HttpRequest request) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var shown)
        && shown is { Scheme: LinkPaths.StreamScheme, Parameter: { Length: <= MaxSecret } secret }
            ? secret
            : null;
}
