using System.Security.Cryptography;
using Consoles.Broker.Store;
using Consoles.Common.Inventory;
using Dapper;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Tokens;

/// <summary>Issues console tokens and redeems each at most once, save those that are good until they expire. The store decides, so that it is once whoever asks and however many at a time.</summary>
internal sealed class ConsoleTokens(Database database, TokenKey key, TimeProvider clock, IOptions<TokenOptions> options)
{
    private const string Columns =
        """
        digest AS Digest, id AS Id, user AS User, key_id AS KeyId, incarnation AS Incarnation, domain_name AS Domain, console AS Console, kind AS Kind,
        rights AS Rights, issued_at AS IssuedAt, expires_at AS ExpiresAt, redeemed_at AS RedeemedAt, revoked_at AS RevokedAt
        """;

    // What became of a token may be asked for a while after it.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <exception cref="StoreException">The store is not available.</exception>
    public (ConsoleToken Token, ConsoleGrant Grant) Issue(ConsoleWish wish)
    {
        var now = clock.GetUtcNow();
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var token = wish.Use == TokenUse.Once ? ConsoleToken.Create(id) : ConsoleToken.CreateSmall(id);
        var grant = new ConsoleGrant(
            id, wish.Caller.User, wish.Caller.KeyId, wish.Incarnation, wish.Domain, wish.Console, wish.Kind, wish.Rights, now + (wish.Lifetime ?? options.Value.Lifetime));

        database.Change(store =>
        {
            store.Execute("DELETE FROM console_tokens WHERE expires_at < @limit", new { limit = now - Kept });
            return store.Execute(
                """
                INSERT INTO console_tokens (digest, id, user, key_id, domain, domain_name, incarnation, console, kind, rights, issued_at, expires_at, reusable)
                VALUES (@digest, @Id, @User, @KeyId, @uuid, @Domain, @incarnation, @Console, @kind, @rights, @now, @ExpiresAt, @reusable)
                """,
                new
                {
                    digest = token.DigestBy(key.Bytes),
                    grant.Id,
                    grant.User,
                    grant.KeyId,
                    uuid = grant.Incarnation.Domain.ToString(),
                    grant.Domain,
                    incarnation = grant.Incarnation.ToString(),
                    grant.Console,
                    kind = grant.Kind.ToString(),
                    rights = grant.Rights.ToString(),
                    now,
                    grant.ExpiresAt,
                    reusable = wish.Use == TokenUse.UntilExpiry,
                });
        });

        return (token, grant);
    }

    /// <summary>The grant of a token that is redeemed by this call; null when there is none such, or no more. Which of these it is, nobody is told.</summary>
    /// <exception cref="StoreException">The store is not available; the token was not used.</exception>
    public ConsoleGrant? Redeem(ConsoleToken presented)
    {
        var digest = presented.DigestBy(key.Bytes);

        // One statement judges and marks: of several that race, one finds the row not yet redeemed.
        var row = database.Use(store => store.QuerySingleOrDefault<Row>(
            $"""
            UPDATE console_tokens SET redeemed_at = @now
            WHERE digest = @digest AND NOT reusable AND redeemed_at IS NULL AND revoked_at IS NULL AND expires_at > @now
            RETURNING {Columns}
            """,
            new { digest, now = clock.GetUtcNow() }));

        return row is not null && CryptographicOperations.FixedTimeEquals(row.Digest, digest) ? row.ToIssued().Grant : null;
    }

    /// <summary>The grant of a token that is good until it expires; null when there is none such, or no more. Which of these it is, nobody is told.</summary>
    /// <param name="opens">It opens a console now, which is noted the first time; else it is only looked at.</param>
    /// <exception cref="StoreException">The store is not available.</exception>
    public ConsoleGrant? Use(ConsoleToken presented, bool opens)
    {
        var digest = presented.DigestBy(key.Bytes);
        const string Good = "digest = @digest AND reusable AND revoked_at IS NULL AND expires_at > @now";

        var row = database.Use(store => store.QuerySingleOrDefault<Row>(
            opens
                ? $"UPDATE console_tokens SET redeemed_at = coalesce(redeemed_at, @now) WHERE {Good} RETURNING {Columns}"
                : $"SELECT {Columns} FROM console_tokens WHERE {Good}",
            new { digest, now = clock.GetUtcNow() }));

        return row is not null && CryptographicOperations.FixedTimeEquals(row.Digest, digest) ? row.ToIssued().Grant : null;
    }

    /// <summary>The tokens of the last day, the latest first: those issued to that API key, or all.</summary>
    /// <exception cref="StoreException">The store is not available.</exception>
    public IReadOnlyList<IssuedToken> List(string? keyId, int limit) => database.Use(store =>
        store.Query<Row>(
            $"SELECT {Columns} FROM console_tokens WHERE @keyId IS NULL OR key_id = @keyId ORDER BY issued_at DESC, id LIMIT @limit", new { keyId, limit })
            .Select(row => row.ToIssued()).ToList());

    /// <exception cref="StoreException">The store is not available.</exception>
    public IssuedToken? Find(string id) => database.Use(store =>
        store.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM console_tokens WHERE id = @id", new { id }))?.ToIssued();

    /// <summary>Makes the token useless from now on. Revoking it again changes nothing.</summary>
    /// <exception cref="StoreException">The store is not available.</exception>
    public void Revoke(string id) => database.Use(store =>
        store.Execute("UPDATE console_tokens SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL", new { id, now = clock.GetUtcNow() }));

    private sealed class Row
    {
        public byte[] Digest { get; init; } = [];

        public string Id { get; init; } = "";

        public string User { get; init; } = "";

        public string KeyId { get; init; } = "";

        public string Incarnation { get; init; } = "";

        public string Domain { get; init; } = "";

        public string Console { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Rights { get; init; } = "";

        public DateTimeOffset IssuedAt { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }

        public DateTimeOffset? RedeemedAt { get; init; }

        public DateTimeOffset? RevokedAt { get; init; }

        public IssuedToken ToIssued() => new(
            new ConsoleGrant(Id, User, KeyId, RunOf(Incarnation), Domain, Console, Enum.Parse<ConsoleKind>(Kind), Enum.Parse<ConsoleRights>(Rights), ExpiresAt),
            IssuedAt,
            RedeemedAt,
            RevokedAt);

        private static Incarnation RunOf(string text)
        {
            var parts = text.Split('/');
            return new Incarnation(DomainId.Parse(parts[0], null), long.Parse(parts[1]), int.Parse(parts[2]));
        }
    }
}
