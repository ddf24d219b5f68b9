using System.Security.Claims;
using Consoles.Broker.Access;
using Consoles.Broker.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Api;

/// <summary>Lists sessions and ends them.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this RouteGroupBuilder v1)
    {
        v1.MapGet("/sessions", List).WithName("sessions").WithSummary("Lists the open sessions. Viewers see their own.").RequireRole(ApiRole.Viewer);
        v1.MapDelete("/sessions/{id}", End).WithName("end-session").WithSummary("Ends a session. Viewers end their own.").ProducesProblem(404).RequireRole(ApiRole.Viewer);
    }

    internal static Ok<Page<SessionAnswer>> List(ClaimsPrincipal user, SessionRegistry sessions)
    {
        var caller = Caller.Of(user);

        return TypedResults.Ok(new Page<SessionAnswer>(
            [.. sessions.Sessions.Where(session => session.Ending is null && IsFor(caller, session)).OrderBy(session => session.StartedAt).Select(Show)]));
    }

    internal static Results<NoContent, ProblemHttpResult> End(string id, ClaimsPrincipal user, SessionRegistry sessions)
    {
        var caller = Caller.Of(user);
        return sessions.End(session => session.Id == id && IsFor(caller, session), SessionEnding.Revoked) > 0 ? TypedResults.NoContent() : Problem.NotFound.Result();
    }

    private static bool IsFor(Caller caller, Session session) => caller.IsAtLeast(ApiRole.Operator) || session.Grant.KeyId == caller.KeyId;

    private static SessionAnswer Show(Session session) => new(
        session.Id,
        session.Grant.Id,
        session.Grant.User,
        session.Grant.Incarnation.Domain,
        session.Grant.Domain,
        session.Grant.Console,
        session.Grant.Kind,
        session.Grant.Rights,
        session.Node,
        session.Remote?.ToString(),
        session.StartedAt);
}
