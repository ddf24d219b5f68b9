using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Where agents order the certificates that their QEMUs serve.</summary>
internal static class HostCertificateEndpoint
{
    public static void MapHostCertificates(this IEndpointRouteBuilder routes) =>
        routes.MapPost(LinkPaths.HostCertificate, Order).ForAgentsOnly().AllowAnonymous().ExcludeFromDescription();

    private static Task<IResult> Order(HttpContext context, AgentIdentity identity, HostCertificates certificates) =>
        AgentPosts.AnswerAsync(context, LinkJson.Default.HostCertificateRequest, identity, async (request, node) =>
        {
            AgentPosts.Require(request.CertificateRequest, "certificateRequest");

            if (!certificates.AreIssued)
            {
                return Results.Problem("This broker issues no certificates for hosts: a PKI made by hand is in use.", statusCode: StatusCodes.Status404NotFound);
            }

            var answer = await certificates.OrderAsync(node.Name, node.EnrolledAt!.Value, node.Addresses, AgentPosts.Remote(context), request.CertificateRequest, context.RequestAborted);
            return Results.Json(answer, LinkJson.Default.HostCertificateAnswer);
        });
}
