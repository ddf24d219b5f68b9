using System.Text.Json.Serialization;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Consoles.Broker.Sessions;

/// <summary>Takes the token that our page found in its fragment, and gives it a ticket for its WebSocket.</summary>
internal static class RedeemEndpoint
{
    // A session that ends makes room, and sessions end all the time.
    private static readonly TimeSpan RoomMayBeFoundIn = TimeSpan.FromSeconds(5);

    public static void MapRedeem(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/redeem", Redeem).WithName("redeem").WithSummary("Redeems a console token, once. Only our own pages may ask.")
            .ProducesProblem(403).ProducesProblem(429).ProducesProblem(503).WithMetadata(BodyLimit.Small);

    internal static Results<Ok<Redeemed>, ProblemHttpResult> Redeem(
        RedeemRequest request,
        HttpContext context,
        ConsoleTokens tokens,
        ConsoleDirectory directory,
        SessionRegistry sessions,
        ConnectionTickets tickets,
        ViewerCookie cookies,
        FailureLimits failures,
        ILogger<SessionRegistry> logger)
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

        // Before the token is used up, so that it can be tried again.
        if (!sessions.HasRoom)
        {
            return Problem.NoRoom.Result(context, RoomMayBeFoundIn);
        }

        // A token whose run of the guest is over gets the answer that an unknown one gets.
        if (ConsoleToken.Parse(request.Token) is not { } token
            || tokens.Redeem(token) is not { } grant
            || directory.Find(grant.Incarnation, grant.Console) is not { } target)
        {
            failures.Count(remote);
            logger.TokenRefused(remote);
            return Problem.TokenRefused.Result();
        }

        logger.TokenRedeemed(grant.Id, grant.User, grant.Console, grant.Domain, remote);
        var ticket = tickets.Issue(grant, target.Node.Name, cookies.Ensure(context));
        return TypedResults.Ok(new Redeemed(ticket, grant.Domain, grant.Console, grant.Kind, grant.Rights, ChannelEndpoint.Path));
    }

    /// <summary>Does not print the token.</summary>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record RedeemRequest(string Token)
    {
        public override string ToString() => nameof(RedeemRequest);
    }

    /// <summary>What the page needs to open the console. Does not print the ticket.</summary>
    /// <param name="Channel">The path of the WebSocket, whose subprotocols are "binary" and "ticket." with the ticket.</param>
    internal sealed record Redeemed(string Ticket, string Domain, string Console, ConsoleKind Kind, ConsoleRights Rights, string Channel)
    {
        public override string ToString() => nameof(Redeemed);
    }
}
