using Consoles.Broker.Access;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>Opens the WebSocket of a session, and those of its further channels.</summary>
internal static class ChannelEndpoint
{
    public const string Path = "/channel";

    private const string Subprotocol = "binary";
    private const string TicketPrefix = "ticket.";

    private static readonly TimeSpan RoomMayBeFoundIn = TimeSpan.FromSeconds(5);

    public static void MapChannel(this IEndpointRouteBuilder routes) => routes.MapGet(Path, OpenAsync).ExcludeFromDescription();

    internal static async Task<IResult> OpenAsync(
        HttpContext context,
        SessionRegistry sessions,
        SessionRun run,
        FurtherChannelRun further,
        ConnectionTickets tickets,
        ViewerCookie cookies,
        FailureLimits failures,
        TimeProvider clock,
        IOptions<SessionOptions> options,
        ILogger<SessionRegistry> logger)
    {
        var remote = context.Connection.RemoteIpAddress;

        // Browsers let any page open a WebSocket to anywhere, and say only here from where.
        if (!SameOrigin.Is(context.Request))
        {
            return Problem.OtherOrigin.Result();
        }

        if (!WebSocketUpgrade.TryRead(context, out var upgrade))
        {
            // RFC 6455, section 4.4, and RFC 9110, section 15.5.22.
            context.Response.Headers.SecWebSocketVersion = "13";
            context.Response.Headers.Upgrade = "websocket";
            return Problem.UpgradeRequired.Result();
        }

        var ticket = upgrade.Offered.FirstOrDefault(offer => offer.StartsWith(TicketPrefix, StringComparison.Ordinal))?[TicketPrefix.Length..];
        var cookie = cookies.Read(context.Request);

        if (failures.WaitOf(remote) is { } wait)
        {
            return Problem.TooMany.Result(context, wait);
        }

        if (!upgrade.Offered.Contains(Subprotocol, StringComparer.Ordinal) || ticket is null || cookie is null)
        {
            failures.Count(remote);
            logger.TicketRefused(remote);
            return Problem.TokenRefused.Result();
        }

        // Before the ticket is used up, so that it can be tried again.
        if (!sessions.HasRoom)
        {
            return Problem.NoRoom.Result(context, RoomMayBeFoundIn);
        }

        var digest = ConnectionTickets.DigestOf(ticket, cookie);

        // SPICE opens a connection for each of its channels, and shows the same ticket each time.
        if (sessions.FindByTicket(digest) is { Grant.Kind: ConsoleKind.Spice } open)
        {
            return await AddAsync(open);
        }

        if (tickets.Take(digest) is not var (grant, node))
        {
            failures.Count(remote);
            logger.TicketRefused(remote);

            // A page is told nothing of a refused upgrade: the only way to let it show the reason is to open the channel and close it.
            await using var refused = await AcceptAsync();
            await refused.CloseAsync(SessionEnding.TokenInvalid);
            return Results.Empty;
        }

        if (!sessions.TryOpen(grant, node, remote, digest, out var session))
        {
            return Problem.NoRoom.Result(context, RoomMayBeFoundIn);
        }

        try
        {
            await using var channel = await AcceptAsync();
            await run.RunAsync(session, channel);
        }
        finally
        {
            sessions.Remove(session);
        }

        return Results.Empty;

        async Task<IResult> AddAsync(Session session)
        {
            if (!sessions.TryAddChannel(session))
            {
                return Problem.NoRoom.Result(context, RoomMayBeFoundIn);
            }

            try
            {
                await using var channel = await AcceptAsync();
                await further.RunAsync(session, channel);
            }
            finally
            {
                sessions.RemoveChannel(session);
            }

            return Results.Empty;
        }

        async Task<WebSocketChannel> AcceptAsync() => new(await upgrade.AcceptAsync(Subprotocol), context.Abort, options.Value, clock);
    }
}
