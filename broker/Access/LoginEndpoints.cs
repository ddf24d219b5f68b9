using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Access;

/// <summary>Logging a browser in with an API key, and out.</summary>
internal static class LoginEndpoints
{
    public static void MapLogin(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/login", Login).WithName("login").WithSummary("Logs a browser in with an API key. Only our own pages may ask.")
            .ProducesProblem(403).ProducesProblem(429).WithMetadata(BodyLimit.Small);
        routes.MapPost("/v1/logout", Logout).WithName("logout").WithSummary("Logs a browser out. Only our own pages may ask.")
            .ProducesProblem(403).WithMetadata(BodyLimit.Small);
    }

    internal static Results<Ok<LoggedIn>, ProblemHttpResult> Login(
        LoginRequest request, HttpContext context, ApiKeys keys, BrowserLogins logins, FailureLimits failures, ILogger<BrowserLogins> logger)
    {
        var remote = context.Connection.RemoteIpAddress;

        if (!SameOrigin.IsWithHeader(context.Request))
        {
            return Problem.OtherOrigin.Result();
        }

        if (failures.WaitOf(remote) is { } wait)
        {
            return Problem.TooMany.Result(context, wait);
        }

        if (keys.Verify(request.Key) is not { } key)
        {
            failures.Count(remote);
            logger.LoginRefused(remote);
            return Problem.NotAuthenticated.Result("The API key is not valid.");
        }

        context.Response.Cookies.Append(BrowserLogins.CookieName(context.Request), logins.Begin(key), BrowserLogins.CookieOptions(context.Request));
        logger.LoggedIn(key.Name, key.Id, remote);
        return TypedResults.Ok(new LoggedIn(key.Name, key.Role));
    }

    internal static Results<NoContent, ProblemHttpResult> Logout(HttpContext context, BrowserLogins logins)
    {
        if (!SameOrigin.IsWithHeader(context.Request))
        {
            return Problem.OtherOrigin.Result();
        }

        if (context.Request.Cookies[BrowserLogins.CookieName(context.Request)] is { } cookie)
        {
            logins.End(cookie);
        }

        context.Response.Cookies.Delete(BrowserLogins.CookieName(context.Request), BrowserLogins.CookieOptions(context.Request));
        return TypedResults.NoContent();
    }

    /// <summary>Does not print the key.</summary>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record LoginRequest(string Key)
    {
        public override string ToString() => nameof(LoginRequest);
    }

    internal sealed record LoggedIn(string User, ApiRole Role);
}
