using System.Net;
using System.Security.Cryptography;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>What a good token lets its bearer open.</summary>
/// <param name="Token">As it was shown, for the moment when it is used.</param>
/// <param name="Ticket">Finds the session again that the token opened.</param>
/// <param name="Grant">Null: the token has expired, and its session goes on; it lets further channels of that in.</param>
internal sealed record Admitted(ConsoleToken Token, string Ticket, ConsoleGrant? Grant, ConsoleTarget? Target);

/// <summary>Judges the tokens of this face, anew at each use: that they are good, and that the run of the guest they are for goes on.</summary>
internal sealed class ProxyAdmission(ConsoleTokens tokens, ConsoleDirectory directory, SessionRegistry sessions, FailureLimits failures)
{
    public static readonly SessionEnding Refused = new(CloseCode.TokenInvalid, "The token is not valid, or has expired; ask for a new one.");

    /// <summary>Null when the token is none of this kind of console, or no more, or its guest is another by now. Which of these it is, nobody is told.</summary>
    /// <exception cref="Store.StoreException">The store is not available.</exception>
    public Admitted? Judge(string? text, ConsoleKind kind, IPAddress? remote)
    {
        if (text is null)
        {
            return null;
        }

        if (ConsoleToken.Parse(text) is { } token)
        {
            var ticket = TicketOf(token);

            if (tokens.Use(token, opens: false) is { } grant)
            {
                return grant.Kind == kind && directory.Find(grant.Incarnation, grant.Console) is { } target ? new Admitted(token, ticket, grant, target) : null;
            }

            // SPICE opens channels as long as its session lasts, which may be longer than its token.
            if (kind == ConsoleKind.Spice && sessions.FindByTicket(ticket) is not null)
            {
                return new Admitted(token, ticket, Grant: null, Target: null);
            }
        }

        failures.Count(remote);
        return null;
    }

    /// <summary>The grant, for the one session that is opened by it now; null when it is not good any more.</summary>
    /// <exception cref="Store.StoreException">The store is not available.</exception>
    public ConsoleGrant? Open(Admitted admitted) => tokens.Use(admitted.Token, opens: true);

    // Other tickets are digests of two secrets, and have no such prefix.
    private static string TicketOf(ConsoleToken token) => "nova " + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token.Reveal())));
}
