using System.Security.Claims;
using System.Text.Json.Serialization;
using Consoles.Broker.Access;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>Issues tokens, lists and revokes them.</summary>
internal static class TokenEndpoints
{
    private const int MaxListed = 1000;

    public static void MapTokens(this RouteGroupBuilder v1)
    {
        v1.MapPost("/domains/{domain}/tokens", IssueByKind).WithName("issue-token").WithSummary("Issues a token for a domain's console of some kind.")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429).ProducesProblem(503).RequireRole(ApiRole.Viewer);
        v1.MapPost("/domains/{domain}/consoles/{console}/tokens", IssueByName).WithName("issue-console-token").WithSummary("Issues a token for one console, by name or kind.")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(429).ProducesProblem(503).RequireRole(ApiRole.Viewer);
        v1.MapGet("/tokens", List).WithName("tokens").WithSummary("Lists the tokens of the last day. Viewers see their own.").ProducesProblem(503).RequireRole(ApiRole.Viewer);
        v1.MapDelete("/tokens/{id}", Revoke).WithName("revoke-token").WithSummary("Revokes a token, and ends its sessions. Viewers revoke their own.")
            .ProducesProblem(404).ProducesProblem(503).RequireRole(ApiRole.Viewer);
    }

    internal static Results<Created<TokenIssuedAnswer>, ProblemHttpResult> IssueByKind(string domain, TokenByKindRequest? request, HttpContext context, TokenDesk desk) =>
        Issue(new ConsoleAsked(domain, (request?.Kind ?? ConsoleKind.Vnc).ToString(), request?.Rights, request?.Lifetime), context, desk);

    internal static Results<Created<TokenIssuedAnswer>, ProblemHttpResult> IssueByName(string domain, string console, TokenRequest? request, HttpContext context, TokenDesk desk) =>
        Issue(new ConsoleAsked(domain, console, request?.Rights, request?.Lifetime), context, desk);

    private static Results<Created<TokenIssuedAnswer>, ProblemHttpResult> Issue(ConsoleAsked asked, HttpContext context, TokenDesk desk)
    {
        if (!desk.TryIssue(asked, context, out var issued, out var problem))
        {
            return problem;
        }

        var secret = issued.Token.Reveal();
        return TypedResults.Created(
            $"/v1/tokens/{issued.Grant.Id}",
            new TokenIssuedAnswer(issued.Grant.Id, secret, $"{context.Request.Scheme}://{context.Request.Host.Value}/console#{secret}", issued.Grant.ExpiresAt));
    }

    internal static Ok<Page<TokenAnswer>> List(ClaimsPrincipal user, ConsoleTokens tokens)
    {
        var caller = Caller.Of(user);
        var issued = tokens.List(caller.IsAtLeast(ApiRole.Operator) ? null : caller.KeyId, MaxListed);
        return TypedResults.Ok(new Page<TokenAnswer>([.. issued.Select(Show)]));
    }

    internal static Results<NoContent, ProblemHttpResult> Revoke(string id, ClaimsPrincipal user, ConsoleTokens tokens, SessionRegistry sessions)
    {
        var caller = Caller.Of(user);

        if (tokens.Find(id) is not { } token || !(token.Grant.KeyId == caller.KeyId || caller.IsAtLeast(ApiRole.Operator)))
        {
            return Problem.NotFound.Result();
        }

        tokens.Revoke(id);
        sessions.Revoke(id);
        return TypedResults.NoContent();
    }

    private static TokenAnswer Show(IssuedToken token) => new(
        token.Grant.Id,
        token.Grant.User,
        token.Grant.Incarnation.Domain,
        token.Grant.Domain,
        token.Grant.Console,
        token.Grant.Kind,
        token.Grant.Rights,
        token.IssuedAt,
        token.Grant.ExpiresAt,
        token.RedeemedAt,
        token.RevokedAt);

    /// <param name="Rights">Unset: what the caller's role allows.</param>
    /// <param name="Lifetime">How many seconds it waits to be redeemed.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record TokenRequest(ConsoleRights? Rights = null, int? Lifetime = null);

    /// <param name="Kind">Unset: vnc.</param>
    /// <param name="Rights">Unset: what the caller's role allows.</param>
    /// <param name="Lifetime">How many seconds it waits to be redeemed.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record TokenByKindRequest(ConsoleKind? Kind = null, ConsoleRights? Rights = null, int? Lifetime = null);
}
