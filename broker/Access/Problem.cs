using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Consoles.Broker.Access;

/// <summary>A kind of error that the API answers with (RFC 9457). The type is stable, programs may compare it; the detail is for people.</summary>
internal sealed record Problem(int Status, string Type, string Title)
{
    public static readonly Problem BadRequest = new(400, "bad-request", "The request cannot be understood.");
    public static readonly Problem Untypable = new(400, "untypable", "The layout cannot type all of these characters.");
    public static readonly Problem NotAuthenticated = new(401, "not-authenticated", "An API key is needed.");
    public static readonly Problem NotAllowed = new(403, "not-allowed", "Your role does not allow this.");
    public static readonly Problem OtherOrigin = new(403, "other-origin", "The request does not come from a page of this broker.");
    public static readonly Problem TokenRefused = new(403, "token-refused", "The token is not valid: it is unknown, was used, or has expired.");
    public static readonly Problem NotFound = new(404, "not-found", "There is no such thing.");
    public static readonly Problem MethodNotAllowed = new(405, "method-not-allowed", "This cannot be done with that method.");
    public static readonly Problem ConsoleNotOpenable = new(409, "console-not-openable", "This console cannot be opened.");
    public static readonly Problem DomainNotRunning = new(409, "domain-not-running", "The domain does not run.");
    public static readonly Problem TypingBusy = new(409, "typing-busy", "Somebody else is typing into this domain.");
    public static readonly Problem TooLarge = new(413, "too-large", "The request is too large.");
    public static readonly Problem NotJson = new(415, "not-json", "The body must be application/json.");
    public static readonly Problem OtherHost = new(421, "other-host", "This broker is not known by that name.");
    public static readonly Problem UpgradeRequired = new(426, "upgrade-required", "This is a WebSocket (RFC 6455, version 13).");
    public static readonly Problem TooMany = new(429, "too-many", "Too many requests; wait a little.");
    public static readonly Problem Failed = new(500, "failed", "The broker failed; its log says why.");
    public static readonly Problem AgentFailed = new(502, "agent-failed", "The agent of the domain's node did not do it.");
    public static readonly Problem AgentAway = new(503, "agent-away", "The agent of the domain's node is not connected.");
    public static readonly Problem AgentLate = new(504, "agent-late", "The agent of the domain's node did not answer in time.");
    public static readonly Problem NoRoom = new(503, "no-room", "No more sessions can be opened now.");
    public static readonly Problem StoreUnavailable = new(503, "store-unavailable", "The broker's store is not available; its log says why.");

    private static readonly Problem[] ByStatus = [BadRequest, NotAuthenticated, NotAllowed, NotFound, MethodNotAllowed, TooLarge, NotJson, OtherHost, UpgradeRequired, TooMany, Failed, NoRoom];

    /// <summary>The problem that stands for a status set by something that knows no problems.</summary>
    public static Problem Of(int status) =>
        Array.Find(ByStatus, problem => problem.Status == status) ?? new Problem(status, "http-" + status.ToString(CultureInfo.InvariantCulture), "The request failed.");

    public ProblemHttpResult Result(string? detail = null) => TypedResults.Problem(Details(detail));

    /// <summary>The answer that also says something to programs (RFC 9457, section 3.2).</summary>
    public ProblemHttpResult Result(string detail, IDictionary<string, object?> members)
    {
        var details = Details(detail);
        details.Extensions = members;
        return TypedResults.Problem(details);
    }

    /// <summary>The answer that says when to come back.</summary>
    public ProblemHttpResult Result(HttpContext context, TimeSpan wait, string? detail = null)
    {
        context.Response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Result(detail);
    }

    private ProblemDetails Details(string? detail) => new() { Status = Status, Type = "urn:problem-type:consoles:" + Type, Title = Title, Detail = detail };
}
