using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Consoles.Broker.Tokens;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>What a page that redeemed a token shows when it opens its WebSocket: a ticket that works soon, with the page's cookie, and once: where a session has
/// several channels, the ticket that opened it is what they show too, as long as it lasts.</summary>
internal sealed class ConnectionTickets(TimeProvider clock, IOptions<SessionOptions> options)
{
    private const int SecretBytes = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Ticket> _tickets = new(StringComparer.Ordinal);

    // Of both together: one without the other finds nothing, and the time a look-up takes tells nothing of either.
    public static string DigestOf(string secret, string cookie) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{secret} {cookie}")));

    /// <param name="grant">What was redeemed.</param>
    /// <param name="node">The node that the guest runs on.</param>
    /// <param name="cookie">The browser that redeemed it.</param>
    public string Issue(ConsoleGrant grant, string node, string cookie)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var now = clock.GetUtcNow();

        lock (_gate)
        {
            // There are few: each cost a token, and lives for seconds.
            foreach (var (old, ticket) in _tickets)
            {
                if (ticket.ExpiresAt <= now)
                {
                    _tickets.Remove(old);
                }
            }

            _tickets[DigestOf(secret, cookie)] = new Ticket(grant, node, now + options.Value.TicketLifetime);
        }

        return secret;
    }

    /// <summary>The grant of a ticket that is used up by this call; null when it is unknown, used, late, or another browser's.</summary>
    /// <param name="digest">Of the ticket with its cookie.</param>
    public (ConsoleGrant Grant, string Node)? Take(string digest)
    {
        lock (_gate)
        {
            return _tickets.Remove(digest, out var ticket) && clock.GetUtcNow() < ticket.ExpiresAt ? (ticket.Grant, ticket.Node) : null;
        }
    }

    private sealed record Ticket(ConsoleGrant Grant, string Node, DateTimeOffset ExpiresAt);
}
