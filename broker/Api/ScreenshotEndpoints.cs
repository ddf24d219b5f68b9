using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>Shows what a guest's screen shows.</summary>
internal static class ScreenshotEndpoints
{
    public static void MapScreenshots(this RouteGroupBuilder v1) =>
        v1.MapGet("/domains/{domain}/screenshot", ShowAsync).WithName("screenshot").WithSummary("Shows what a domain's screen shows: PNG, or PPM of a QEMU before 7.1. Taken at most once in two seconds.")
            .Produces(200, contentType: "image/png").ProducesProblem(404).ProducesProblem(409).ProducesProblem(502).ProducesProblem(503).RequireRole(ApiRole.Viewer);

    /// <param name="domain">Its UUID or name.</param>
    /// <param name="screen">Which of its screens.</param>
    /// <param name="directory">What is known.</param>
    /// <param name="screenshots">Takes it.</param>
    /// <param name="agents">Those that are connected.</param>
    /// <param name="context">The request.</param>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ShowAsync(
        string domain, int? screen, ConsoleDirectory directory, Screenshots screenshots, IAgentStreams agents, HttpContext context)
    {
        if (directory.FindDomain(domain) is not var (node, found))
        {
            return Problem.NotFound.Result("No such domain is heard of, or several have that name.");
        }

        if (found.Incarnation is not { } run)
        {
            return Problem.DomainNotRunning.Result($"The domain is {found.State}.");
        }

        if (screen is < 0 or > MaxScreen)
        {
            return Problem.NotFound.Result("The domain has no such screen.");
        }

        if (agents.AgentOf(node.Identity.Name) is null)
        {
            return Problem.AgentAway.Result($"The agent of node {node.Identity.Name}, which takes the picture, is not connected.");
        }

        try
        {
            var picture = await screenshots.GetAsync(node.Identity.Name, run, screen ?? 0, context.RequestAborted);
            context.Response.Headers.ContentDisposition = "inline";
            context.Response.Headers.XContentTypeOptions = "nosniff";

            // It may show what somebody typed.
            context.Response.Headers.CacheControl = "private, no-store";
            return TypedResults.Bytes(picture.Content, picture.ContentType);
        }
        catch (AgentStreamException failure)
        {
            return (failure.Fault switch
            {
                StreamFault.NoSuchRun => Problem.DomainNotRunning,
                StreamFault.NoSuchConsole => Problem.NotFound,
                StreamFault.TooMany => Problem.AgentAway,
                _ => Problem.AgentFailed,
            }).Result(failure.Message);
        }
    }

    private const int MaxScreen = 15;
}
