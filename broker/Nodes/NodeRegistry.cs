using System.Net;
using Consoles.Broker.Authority;
using Consoles.Broker.Store;
using Consoles.Common.Link;
using Dapper;

namespace Consoles.Broker.Nodes;

/// <summary>Which nodes there are, who is invited, and which agent speaks for each. Every call asks the store, so commands in other processes count at once.</summary>
/// <remarks>Each method throws <see cref="StoreException"/> when the store is not available.</remarks>
internal sealed class NodeRegistry(Database database, AuthorityRoots roots, TimeProvider clock)
{
    public static readonly TimeSpan InvitationLife = TimeSpan.FromMinutes(15);

    private const string Columns =
        "SELECT name AS Name, addresses AS Addresses, epoch AS Epoch, invited_at AS InvitedAt, enrolled_at AS EnrolledAt, removed_at AS RemovedAt FROM nodes";

    /// <summary>Invites a node, for the first time or anew; an earlier invitation of it is void.</summary>
    /// <param name="name">The name that will be stamped into its certificates.</param>
    /// <param name="addresses">Where its consoles may be dialled. Empty: those given before or, with none, the address its agent comes from.</param>
    public (JoinToken Token, DateTimeOffset ExpiresAt) Invite(string name, IReadOnlyList<IPAddress> addresses)
    {
        if (!DnsName.IsValid(name))
        {
            throw new ArgumentException($"'{name}' is no name of a node: lower-case letters, digits, dots and hyphens, as in DNS.", nameof(name));
        }

        var token = JoinToken.Create(roots.Fleet.RawDataMemory.Span);
        var now = clock.GetUtcNow();
        var invitation = new { name, addresses = string.Join(' ', addresses), now, expires = now + InvitationLife, digest = Convert.FromHexString(token.Digest) };

        database.Change(store => store.Execute(
            """
            INSERT INTO nodes (name, addresses, invited_at) VALUES (@name, @addresses, @now)
            ON CONFLICT (name) DO UPDATE SET invited_at = @now, addresses = CASE @addresses WHEN '' THEN addresses ELSE @addresses END;
            DELETE FROM join_tokens WHERE expires_at <= @now OR (node = @name AND redeemed_at IS NULL);
            INSERT INTO join_tokens (digest, node, issued_at, expires_at) VALUES (@digest, @name, @now, @expires);
            """,
            invitation));

        return (token, invitation.expires);
    }

    /// <summary>Enrols the node that the token invites: at most once, whoever asks, on however many brokers at once.</summary>
    /// <returns>The node's name and when it is enrolled, or null when the token is unknown, expired or used.</returns>
    /// <remarks>The enrolment is the next whole second's, so that no certificate that was issued before it in the same second, of which certificates tell no parts, passes for one of it.</remarks>
    public (string Node, DateTimeOffset EnrolledAt)? Redeem(JoinToken token) => database.Change<(string, DateTimeOffset)?>(store =>
    {
        var now = clock.GetUtcNow();

        var node = store.QuerySingleOrDefault<string>(
            "UPDATE join_tokens SET redeemed_at = @now WHERE digest = @digest AND redeemed_at IS NULL AND expires_at > @now RETURNING node",
            new { digest = Convert.FromHexString(token.Digest), now });

        if (node is null)
        {
            return null;
        }

        var before = store.QuerySingle<DateTimeOffset>("SELECT coalesce(enrolled_at, 0) FROM nodes WHERE name = @node", new { node });
        var enrolledAt = DateTimeOffset.FromUnixTimeSeconds(Math.Max(now.ToUnixTimeSeconds(), before.ToUnixTimeSeconds()) + 1);

        // The new agent's clock need not agree with the old one's, so the epochs begin anew.
        store.Execute("UPDATE nodes SET enrolled_at = @enrolledAt, removed_at = NULL, epoch = 0 WHERE name = @node", new { node, enrolledAt });
        return (node, enrolledAt);
    });

    public EnrolledNode? Find(string name) =>
        database.Use(store => store.QuerySingleOrDefault<Row>($"{Columns} WHERE name = @name", new { name }))?.ToNode();

    public IReadOnlyList<EnrolledNode> List() =>
        database.Use(store => store.Query<Row>($"{Columns} ORDER BY name").Select(row => row.ToNode()).ToList());

    public IReadOnlyList<string> Removed() =>
        database.Use(store => store.Query<string>("SELECT name FROM nodes WHERE removed_at IS NOT NULL").ToList());

    /// <summary>From now on nobody speaks for the node, no invitation of it is good, and no certificate of its guests is.</summary>
    /// <returns>False when there is no such node, or it was removed before.</returns>
    public bool Remove(string name) => database.Change(store =>
    {
        store.Execute("DELETE FROM join_tokens WHERE node = @name AND redeemed_at IS NULL", new { name });
        IssuingAuthorities.Withdraw(store, name, clock.GetUtcNow());
        return store.Execute("UPDATE nodes SET removed_at = @now WHERE name = @name AND removed_at IS NULL", new { name, now = clock.GetUtcNow() }) == 1;
    });

    /// <summary>Makes the agent of that epoch the one that speaks for the node, unless a later one does.</summary>
    /// <param name="enrolledAt">The enrolment that the agent's certificate was judged under: one that waited with its hello may have been overtaken by the next.</param>
    /// <returns>False when a later one does, or the node was removed or enrolled anew meanwhile.</returns>
    public bool TakeEpoch(string name, long epoch, DateTimeOffset? enrolledAt) => database.Use(store =>
    {
        // Reading first spares a write, and a full disk's veto, when the same agent comes back.
        var latest = store.QuerySingleOrDefault<long?>("SELECT epoch FROM nodes WHERE name = @name AND removed_at IS NULL AND enrolled_at = @enrolledAt", new { name, enrolledAt });

        return latest == epoch
            || (latest < epoch && store.Execute("UPDATE nodes SET epoch = @epoch WHERE name = @name AND epoch < @epoch AND removed_at IS NULL AND enrolled_at = @enrolledAt", new { name, epoch, enrolledAt }) == 1);
    });

    private sealed class Row
    {
        public string Name { get; init; } = "";

        public string Addresses { get; init; } = "";

        public long Epoch { get; init; }

        public DateTimeOffset InvitedAt { get; init; }

        public DateTimeOffset? EnrolledAt { get; init; }

        public DateTimeOffset? RemovedAt { get; init; }

        public EnrolledNode ToNode() => new(
            Name, [.. Addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)], Epoch, InvitedAt, EnrolledAt, RemovedAt);
    }
}
