using System.Buffers.Text;
using System.Security.Cryptography;
using Consoles.Broker.Store;
using Dapper;

namespace Consoles.Broker.Access;

/// <summary>A key, without its secret.</summary>
internal sealed record ApiKey(string Id, string Name, ApiRole Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt);

/// <summary>The keys by which people and programs use the API. Every call asks the store, so a key revoked by another process is refused at once.</summary>
internal sealed class ApiKeys(Database database, TimeProvider clock)
{
    private const string Columns =
        "SELECT id AS Id, name AS Name, role AS Role, created_at AS CreatedAt, expires_at AS ExpiresAt, revoked_at AS RevokedAt FROM api_keys";

    /// <param name="role">What its bearer may do.</param>
    /// <param name="name">For people, to tell keys apart; it is the user's name in what the key does.</param>
    /// <param name="lifetime">Null: until revoked.</param>
    /// <exception cref="StoreException">The store is not available.</exception>
    public (ApiKeySecret Secret, ApiKey Key) Create(ApiRole role, string name, TimeSpan? lifetime)
    {
        var secret = ApiKeySecret.Create();
        var now = clock.GetUtcNow();
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));
        var key = new ApiKey(id, name, role, now, now + lifetime, RevokedAt: null);

        database.Change(store =>
        {
            Prune(store, now);
            return store.Execute(
                """
                INSERT INTO api_keys (id, name, role, digest, created_at, expires_at)
                VALUES (@Id, @Name, @role, @Digest, @CreatedAt, @ExpiresAt)
                """,
                new { key.Id, key.Name, role = Word(role), secret.Digest, key.CreatedAt, key.ExpiresAt });
        });

        return (secret, key);
    }

    /// <summary>The key that is presented, or null when it is unknown, expired or revoked.</summary>
    /// <exception cref="StoreException">The store is not available.</exception>
    public ApiKey? Verify(string? presented)
    {
        if (ApiKeySecret.Parse(presented) is not { } secret)
        {
            return null;
        }

        return database.Use(store => store.QuerySingleOrDefault<Row>(
            $"{Columns} WHERE digest = @Digest AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now)",
            new { secret.Digest, now = clock.GetUtcNow() }))?.ToKey();
    }

    /// <summary>The key of that id, or null when it is unknown, expired or revoked.</summary>
    /// <exception cref="StoreException">The store is not available.</exception>
    public ApiKey? Find(string id) => database.Use(store => store.QuerySingleOrDefault<Row>(
        $"{Columns} WHERE id = @id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now)",
        new { id, now = clock.GetUtcNow() }))?.ToKey();

    /// <summary>All keys that have not expired, with those that were revoked.</summary>
    /// <exception cref="StoreException">The store is not available.</exception>
    public IReadOnlyList<ApiKey> List() => database.Change(store =>
    {
        Prune(store, clock.GetUtcNow());
        return store.Query<Row>($"{Columns} ORDER BY created_at, id").Select(row => row.ToKey()).ToList();
    });

    /// <returns>False when there is no such key, or it was revoked before.</returns>
    /// <exception cref="StoreException">The store is not available.</exception>
    public bool Revoke(string id) => database.Use(store =>
        store.Execute("UPDATE api_keys SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL", new { id, now = clock.GetUtcNow() })) == 1;

    private static void Prune(Microsoft.Data.Sqlite.SqliteConnection store, DateTimeOffset now) =>
        store.Execute("DELETE FROM api_keys WHERE expires_at <= @now", new { now });

    private static string Word(ApiRole role) => role.ToString().ToLowerInvariant();

    private sealed class Row
    {
        public string Id { get; init; } = "";

        public string Name { get; init; } = "";

        public string Role { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public DateTimeOffset? RevokedAt { get; init; }

        public ApiKey ToKey() => new(Id, Name, Enum.Parse<ApiRole>(Role, ignoreCase: true), CreatedAt, ExpiresAt, RevokedAt);
    }
}
