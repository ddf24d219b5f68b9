using System.Text;
using System.Text.Json.Serialization;
using Consoles.Broker.Access;
using Consoles.Broker.Api;
using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers.Spice;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Viewers.Files;

/// <summary>Says which viewers may come, and issues the files that start them.</summary>
internal static class ViewerFileEndpoint
{
    public static void MapViewerFiles(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithMetadata(BodyLimit.Small);

        // The pages ask before anybody has logged in, and whoever scans ports knows it anyway.
        v1.MapGet("/viewers", Viewers).WithName("viewers").WithSummary("Says for which kinds of console viewers of one's own may be used.").AllowAnonymous();

        v1.MapPost("/domains/{domain}/consoles/{console}/viewer-file", Issue).WithName("viewer-file").WithSummary("Issues a token for a VNC or SPICE console, in a file that starts remote-viewer.")
            .Produces<string>(200, ViewerFile.ContentType)
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429).ProducesProblem(503).RequireRole(ApiRole.Viewer);
    }

    internal static Ok<ViewersAnswer> Viewers(ViewerListeners listeners) =>
        TypedResults.Ok(new ViewersAnswer(listeners.Vnc is not null, listeners.Spice is not null, listeners.Serial is not null, listeners.Telnet is not null));

    internal static IResult Issue(
        string domain,
        string console,
        ViewerFileRequest? request,
        HttpContext context,
        TokenDesk desk,
        ViewerListeners listeners,
        ViewerFiles files,
        QemuTlsRun passing,
        ILogger<ViewerListeners> logger)
    {
        var asked = new ConsoleAsked(domain, console, request?.Rights, request?.Lifetime, TokenUse.OnceByViewer, (target, rights) => WhyNot(target, listeners) ?? (passing.Serves(target.Endpoint) ? QemuTlsConnector.WhyNot(target, rights) : null));

        if (!desk.TryIssue(asked, context, out var issued, out var problem))
        {
            return problem;
        }

        logger.ViewerFileIssued(issued.Grant.Id, issued.Grant.User, issued.Grant.Console, issued.Grant.Domain);
        var file = files.Write(issued, context.Request.Host.Host);
        return Results.File(Encoding.UTF8.GetBytes(file), ViewerFile.ContentType, ViewerFile.NameOf(issued.Grant.Domain, issued.Grant.Console));
    }

    private static string? WhyNot(ConsoleTarget target, ViewerListeners listeners) => target.Endpoint.Kind switch
    {
        ConsoleKind.Vnc when listeners.Vnc is null => "VNC viewers of one's own are not let in here: Viewers:Vnc:Enabled is false.",
        ConsoleKind.Spice when listeners.Spice is null => "SPICE viewers of one's own are not let in here: Viewers:Spice:Enabled is false.",
        ConsoleKind.Serial => "There are no such files for serial consoles.",
        _ => null,
    };

    /// <param name="Rights">Unset: what the caller's role allows.</param>
    /// <param name="Lifetime">How many seconds the file is good for.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record ViewerFileRequest(ConsoleRights? Rights = null, int? Lifetime = null);

    /// <param name="Vnc">VNC viewers, with files that start them.</param>
    /// <param name="Spice">SPICE viewers, with files that start them.</param>
    /// <param name="Serial">Raw serial bytes inside TLS.</param>
    /// <param name="Telnet">Serial bytes in telnet inside TLS.</param>
    internal sealed record ViewersAnswer(bool Vnc, bool Spice, bool Serial, bool Telnet);
}
