using System.Globalization;
using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Store;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Viewers;

/// <summary>Lets viewers in by their tokens, or says why not.</summary>
internal sealed class Admission(ConsoleTokens tokens, ConsoleDirectory directory, SessionRegistry sessions, FailureLimits failures, ILogger<Admission> logger)
{
    // Of an unknown token, a used one and one that has expired alike: who guesses learns nothing.
    public const string NotValid = "The token is not valid: it is unknown, was used, or has expired.";

    private const string NoRoom = "No more sessions can be opened now; try again in a moment.";

    /// <summary>Why nobody is let in from there now, in words; null when somebody may be.</summary>
    public string? WhyNot(IPAddress? remote) => failures.WaitOf(remote) is { } wait
        ? $"Too many wrong tokens came from your network; wait {Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture)} s."
        : null;

    /// <summary>Redeems the token and opens its session, which the caller runs and removes.</summary>
    /// <param name="presented">As the viewer wrote it.</param>
    /// <param name="kind">Of console that such a viewer shows.</param>
    /// <param name="ticket">What finds the session again, for its further channels; null where there are none.</param>
    public Admitted Enter(string presented, ConsoleKind kind, IPAddress? remote, string? ticket = null)
    {
        if (WhyNot(remote) is { } wait)
        {
            return new Admitted(null, wait);
        }

        // Before the token is used up, so that it can be tried again.
        if (!sessions.HasRoom)
        {
            return new Admitted(null, NoRoom);
        }

        try
        {
            // A token whose run of the guest is over gets the answer that an unknown one gets.
            if (ConsoleToken.Parse(presented.Trim()) is not { } token
                || tokens.Redeem(token) is not { } grant
                || directory.Find(grant.Incarnation, grant.Console) is not { } target)
            {
                failures.Count(remote);
                logger.TokenRefused(remote);
                return new Admitted(null, NotValid);
            }

            logger.TokenRedeemed(grant.Id, grant.User, grant.Console, grant.Domain, remote);

            return grant.Kind != kind ? new Admitted(null, $"The token is for a {Word(grant.Kind)} console, and this is where viewers for {Word(kind)} come in.")
                : sessions.TryOpen(grant, target.Node.Name, remote, ticket, out var session) ? new Admitted(session, null)
                : new Admitted(null, NoRoom);
        }
        catch (StoreException e)
        {
            logger.StoreNotAvailable(e);
            return new Admitted(null, "The broker's store is not available; its log says why.");
        }
    }

    private static string Word(ConsoleKind kind) => kind switch
    {
        ConsoleKind.Vnc => "VNC",
        ConsoleKind.Spice => "SPICE",
        _ => "serial",
    };
}

/// <summary>How a viewer fared with its token: a session, or the words why there is none.</summary>
internal sealed record Admitted(Session? Session, string? WhyNot);
