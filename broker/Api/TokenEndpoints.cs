using System.Security.Claims;
using System.Text.Json.Serialization;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Api;

/// <summary>Issues tokens, lists and revokes them.</summary>
internal static class TokenEndpoints
{
    private const int MaxListed = 1000;

    // Lifetimes are whole seconds on the wire.
    private const int ShortestLifetime = 5;

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

    internal static Results<Created<TokenIssuedAnswer>, ProblemHttpResult> IssueByKind(
        string domain, TokenByKindRequest? request, HttpContext context, ConsoleDirectory directory, ConsoleTokens tokens, IssueLimits limits, IOptions<TokenOptions> options) =>
        Issue(domain, (request?.Kind ?? ConsoleKind.Vnc).ToString(), request?.Rights, request?.Lifetime, context, directory, tokens, limits, options.Value);

    internal static Results<Created<TokenIssuedAnswer>, ProblemHttpResult> IssueByName(
        string domain, string console, TokenRequest? request, HttpContext context, ConsoleDirectory directory, ConsoleTokens tokens, IssueLimits limits, IOptions<TokenOptions> options) =>
        Issue(domain, console, request?.Rights, request?.Lifetime, context, directory, tokens, limits, options.Value);

    private static Results<Created<TokenIssuedAnswer>, ProblemHttpResult> Issue(
        string domain, string console, ConsoleRights? wanted, int? lifetime, HttpContext context, ConsoleDirectory directory, ConsoleTokens tokens, IssueLimits limits, TokenOptions options)
    {
        var caller = Caller.Of(context.User);
        var rights = wanted ?? (caller.IsAtLeast(ApiRole.Operator) ? ConsoleRights.Control : ConsoleRights.View);

        if (!Enum.IsDefined(rights))
        {
            return Problem.BadRequest.Result("rights must be view or control.");
        }

        if (rights != ConsoleRights.View && !caller.IsAtLeast(ApiRole.Operator))
        {
            return Problem.NotAllowed.Result("Viewers are given tokens to view alone.");
        }

        if (lifetime < ShortestLifetime || lifetime > options.MaxLifetime.TotalSeconds)
        {
            return Problem.BadRequest.Result($"lifetime must be from {ShortestLifetime} to {options.MaxLifetime.TotalSeconds:0} seconds, and is {lifetime}.");
        }

        if (directory.FindDomain(domain) is not var (node, found))
        {
            return Problem.NotFound.Result("No such domain is heard of, or several have that name.");
        }

        if (found.Incarnation is not { } run)
        {
            return Problem.ConsoleNotOpenable.Result($"The domain is {found.State}.");
        }

        if ((found.Consoles.FirstOrDefault(candidate => candidate.Name == console)
            ?? found.Consoles.FirstOrDefault(candidate => candidate.Kind.ToString().Equals(console, StringComparison.OrdinalIgnoreCase))) is not { } endpoint)
        {
            return Problem.NotFound.Result("The domain has no such console.");
        }

        if (ConsoleView.Of(new ConsoleTarget(node.Identity, found, endpoint), caller.IsAtLeast(ApiRole.Admin)).WhyNot is { } why)
        {
            return Problem.ConsoleNotOpenable.Result(why);
        }

        if (limits.Enter(caller.KeyId) is { } wait)
        {
            return Problem.TooMany.Result(context, wait, $"A user is issued at most {options.IssuedPerMinute} tokens a minute.");
        }

        var (token, grant) = tokens.Issue(
            new ConsoleWish(caller, run, found.Name, endpoint.Name, endpoint.Kind, rights, lifetime is { } seconds ? TimeSpan.FromSeconds(seconds) : null));

        var secret = token.Reveal();
        return TypedResults.Created(
            $"/v1/tokens/{grant.Id}",
            new TokenIssuedAnswer(grant.Id, secret, $"{context.Request.Scheme}://{context.Request.Host.Value}/console#{secret}", grant.ExpiresAt));
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
