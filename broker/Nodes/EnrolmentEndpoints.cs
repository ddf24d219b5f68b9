using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Store;
using Consoles.Common.Link;
using Microsoft.AspNetCore.Http.Features;

namespace Consoles.Broker.Nodes;

/// <summary>How an agent gets its certificate: once for a join token, and then again and again for the one it has.</summary>
internal static class EnrolmentEndpoints
{
    private const int MaxBodyBytes = 16 * 1024;
    private const int RetryAfterSeconds = 5;

    public static void MapEnrolment(this IEndpointRouteBuilder routes)
    {
        var agents = routes.MapGroup("").ForAgentsOnly().AllowAnonymous().ExcludeFromDescription();

        agents.MapGet(LinkPaths.Authority, (AuthorityRoots roots) => Results.Text(roots.Fleet.ExportCertificatePem() + "\n", "application/x-pem-file"));
        agents.MapPost(LinkPaths.Enrol, Enrol);
        agents.MapPost(LinkPaths.Renew, Renew);
    }

    private static Task<IResult> Enrol(
        HttpContext context, NodeRegistry nodes, AgentLinks links, FleetCertificates certificates, AuthorityRoots roots, ILogger<NodeRegistry> log) =>
        AnswerAsync(context, request =>
        {
            // A request that cannot be signed must not use up the invitation.
            SigningRequest.ReadKey(request.CertificateRequest);

            if (!JoinToken.TryParse(request.Token, out var token) || nodes.Redeem(token) is not { } node)
            {
                log.EnrolmentRefused(context.Connection.RemoteIpAddress);
                return Refuse("The join token is unknown, was used, or is too old: it is good for fifteen minutes, once.");
            }

            links.End(node, $"Node {node} was enrolled anew.");
            log.NodeEnrolled(node, context.Connection.RemoteIpAddress);
            return Answer(node, certificates.IssueAgent(request.CertificateRequest, node), roots);
        });

    private static Task<IResult> Renew(HttpContext context, AgentIdentity identity, FleetCertificates certificates, AuthorityRoots roots) =>
        AnswerAsync(context, request => identity.TryIdentify(context.Connection.ClientCertificate, out var node, out var refusal)
            ? Answer(node.Name, certificates.IssueAgent(request.CertificateRequest, node.Name), roots)
            : Refuse(refusal));

    private static async Task<IResult> AnswerAsync(HttpContext context, Func<EnrolmentRequest, IResult> answer)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxBodyBytes;

        try
        {
            var request = await JsonSerializer.DeserializeAsync(context.Request.Body, LinkJson.Default.EnrolmentRequest, context.RequestAborted);

            return request?.CertificateRequest is null
                ? Results.Problem("The request has no certificateRequest.", statusCode: StatusCodes.Status400BadRequest)
                : answer(request);
        }
        catch (JsonException)
        {
            return Results.Problem("The request is not the JSON of an enrolment.", statusCode: StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException e)
        {
            return Results.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (SigningRequestException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (StoreException e)
        {
            context.RequestServices.GetRequiredService<ILogger<NodeRegistry>>().StoreFailed(e.Message);
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString();
            return Results.Problem("The broker's store is not available.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static IResult Answer(string node, X509Certificate2 certificate, AuthorityRoots roots)
    {
        using (certificate)
        {
            var answer = new EnrolmentAnswer(node, certificate.ExportCertificatePem() + "\n", roots.Fleet.ExportCertificatePem() + "\n");
            return Results.Json(answer, LinkJson.Default.EnrolmentAnswer);
        }
    }

    private static IResult Refuse(string reason) => Results.Problem(reason, statusCode: StatusCodes.Status403Forbidden);
}
