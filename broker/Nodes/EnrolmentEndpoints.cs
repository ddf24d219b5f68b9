using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>How an agent gets its certificate: once for a join token, and then again and again for the one it has.</summary>
internal static class EnrolmentEndpoints
{
    public static void MapEnrolment(this IEndpointRouteBuilder routes)
    {
        var agents = routes.MapGroup("").ForAgentsOnly().AllowAnonymous().ExcludeFromDescription();

        agents.MapGet(LinkPaths.Authority, (AuthorityRoots roots) => Results.Text(roots.Fleet.ExportCertificatePem() + "\n", "application/x-pem-file"));
        agents.MapPost(LinkPaths.Enrol, Enrol);
        agents.MapPost(LinkPaths.Renew, Renew);
    }

    private static Task<IResult> Enrol(
        HttpContext context, NodeRegistry nodes, AgentLinks links, FleetCertificates certificates, AuthorityRoots roots, ILogger<NodeRegistry> log) =>
        AgentPosts.AnswerAsync(context, LinkJson.Default.EnrolmentRequest, request =>
        {
            AgentPosts.Require(request.CertificateRequest, "certificateRequest");

            // A request that cannot be signed must not use up the invitation.
            SigningRequest.ReadKey(request.CertificateRequest);

            if (!JoinToken.TryParse(request.Token, out var token) || nodes.Redeem(token) is not var (node, enrolledAt))
            {
                log.EnrolmentRefused(context.Connection.RemoteIpAddress);
                return Task.FromResult(AgentPosts.Refuse("The join token is unknown, was used, or is too old: it is good for fifteen minutes, once."));
            }

            links.End(node, $"Node {node} was enrolled anew.");
            log.NodeEnrolled(node, context.Connection.RemoteIpAddress);
            return Task.FromResult(Answer(node, certificates.IssueAgent(request.CertificateRequest, node, enrolledAt), roots));
        });

    private static Task<IResult> Renew(HttpContext context, AgentIdentity identity, FleetCertificates certificates, AuthorityRoots roots) =>
        AgentPosts.AnswerAsync(context, LinkJson.Default.EnrolmentRequest, identity, (request, node) =>
        {
            AgentPosts.Require(request.CertificateRequest, "certificateRequest");
            var renewed = certificates.IssueAgent(request.CertificateRequest, node.Name, node.EnrolledAt!.Value);

            // The node may have been enrolled anew since it was looked at, and this one issued after that.
            if (identity.TryIdentify(context.Connection.ClientCertificate, out _, out var refusal))
            {
                return Task.FromResult(Answer(node.Name, renewed, roots));
            }

            renewed.Dispose();
            return Task.FromResult(AgentPosts.Refuse(refusal));
        });

    private static IResult Answer(string node, X509Certificate2 certificate, AuthorityRoots roots)
    {
        using (certificate)
        {
            var answer = new EnrolmentAnswer(node, certificate.ExportCertificatePem() + "\n", roots.Fleet.ExportCertificatePem() + "\n");
            return Results.Json(answer, LinkJson.Default.EnrolmentAnswer);
        }
    }
}
