using System.Net;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Store;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Consoles.Broker.Authority;

/// <summary>What the authority trusts and issues from, as the store has it. Looked at once in a second, so that commands beside this process count.</summary>
internal sealed class AuthorityState(Database database, AuthorityRoots roots, TimeProvider clock, ILogger<AuthorityState> log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private AuthoritySnapshot? _latest;
    private long _lookedAt;
    private bool _failed;

    /// <exception cref="StoreException">The store is not available, or a root's file cannot be read, and neither ever was.</exception>
    public AuthoritySnapshot Current
    {
        get
        {
            lock (_gate)
            {
                if (_latest is null || clock.GetElapsedTime(_lookedAt) >= Interval)
                {
                    Look();
                }

                return _latest!;
            }
        }
    }

    /// <summary>Changes what is stored; this process sees it at once, others within a second.</summary>
    /// <exception cref="StoreException">The store is not available, or a root's file cannot be read; nothing was changed.</exception>
    public T Change<T>(Func<SqliteConnection, AuthoritySnapshot, T> work)
    {
        try
        {
            return database.Change(store => work(store, Snapshot(store)));
        }
        finally
        {
            Invalidate();
        }
    }

    /// <summary>What is known is looked at anew before it is used next.</summary>
    public void Invalidate()
    {
        lock (_gate)
        {
            _lookedAt = clock.GetTimestamp() - (long)(Interval.TotalSeconds * clock.TimestampFrequency);
        }
    }

    private void Look()
    {
        try
        {
            _latest = database.Use(Snapshot);
        }
        catch (StoreException e) when (_latest is not null)
        {
            // Sessions go on without the store, and may open further channels: what was known a moment ago is good for them.
            _lookedAt = clock.GetTimestamp();

            if (!_failed)
            {
                log.LookFailed(e.Message);
            }

            _failed = true;
            return;
        }

        _failed = false;

        _lookedAt = clock.GetTimestamp();
    }

    // Whatever changes what is in a snapshot changes the version.
    private AuthoritySnapshot Snapshot(SqliteConnection store) => Version(store) is var version && _latest is { } known && known.Version == version ? known : Read(store, version);

    private static long Version(SqliteConnection store) => store.ExecuteScalar<long>("SELECT version FROM authority_version");

    private AuthoritySnapshot Read(SqliteConnection store, long version)
    {
        var known = store.Query<RootRow>("SELECT circle AS Circle, number AS Number, state AS State, activated_at AS ActivatedAt FROM authority_roots WHERE state <> 'retired' ORDER BY circle, number");
        var issuing = store.Query<IssuingRow>("SELECT node AS Node, root AS Root, addresses AS Addresses, certificate AS Certificate, key_file AS KeyFile, made_at AS MadeAt FROM issuing_authorities WHERE withdrawn_at IS NULL ORDER BY id");

        return new AuthoritySnapshot(
            version,
            [.. known.Select(row => row.ToRoot(roots))],
            issuing.GroupBy(row => row.Node, StringComparer.Ordinal)
                .ToDictionary(node => node.Key, node => (IReadOnlyList<IssuingAuthority>)[.. node.Select(row => row.ToAuthority())], StringComparer.Ordinal));
    }

    private sealed class RootRow
    {
        public string Circle { get; init; } = "";

        public int Number { get; init; }

        public string State { get; init; } = "";

        public DateTimeOffset? ActivatedAt { get; init; }

        public AuthorityRoot ToRoot(AuthorityRoots roots)
        {
            var circle = Enum.Parse<AuthorityCircle>(Circle, ignoreCase: true);
            return new AuthorityRoot(circle, Number, Enum.Parse<RootState>(State, ignoreCase: true), roots.Get(circle, Number), ActivatedAt is not null);
        }
    }

    private sealed class IssuingRow
    {
        public string Node { get; init; } = "";

        public int? Root { get; init; }

        public string Addresses { get; init; } = "";

        public byte[] Certificate { get; init; } = [];

        public string? KeyFile { get; init; }

        public DateTimeOffset MadeAt { get; init; }

        public IssuingAuthority ToAuthority() => new(
            Root, [.. Addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)], Certificate, KeyFile, MadeAt);
    }
}

/// <summary>Where a root stands in a roll-over.</summary>
internal enum RootState
{
    /// <summary>Trusted; nothing is issued from it yet.</summary>
    Next,

    /// <summary>What is issued is issued from it.</summary>
    Current,

    /// <summary>Still trusted; nothing is issued from it any more.</summary>
    Previous,
}

/// <param name="WasActive">Something may have been issued from it.</param>
internal sealed record AuthorityRoot(AuthorityCircle Circle, int Number, RootState State, X509Certificate2 Certificate, bool WasActive)
{
    private readonly byte[] _keyId = [.. Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Span];

    /// <summary>Whether it issued that authority: the number alone does not say so of a root whose lost file was made anew.</summary>
    public bool IsAbove(IssuingAuthority issuing) => issuing.Root == Number && issuing.Certificate.AsSpan().IndexOf(_keyId) >= 0;
}

/// <summary>The authority that issues one node's certificates.</summary>
/// <param name="Root">The number of the hosts root above it; null when it is somebody else's.</param>
/// <param name="Addresses">Those that it may name.</param>
/// <param name="Certificate">DER.</param>
/// <param name="KeyFile">Where its key is; null when it is somebody else's.</param>
internal sealed record IssuingAuthority(int? Root, IReadOnlyList<IPAddress> Addresses, byte[] Certificate, string? KeyFile, DateTimeOffset MadeAt);

/// <summary>What the authority trusted and issued from at one moment.</summary>
/// <param name="Roots">Those that are not retired.</param>
/// <param name="Issuing">By node, the latest last; those that were withdrawn are left out.</param>
internal sealed record AuthoritySnapshot(long Version, IReadOnlyList<AuthorityRoot> Roots, IReadOnlyDictionary<string, IReadOnlyList<IssuingAuthority>> Issuing)
{
    public AuthorityRoot CurrentOf(AuthorityCircle circle) => Roots.Single(root => root.Circle == circle && root.State == RootState.Current);

    public IEnumerable<AuthorityRoot> Of(AuthorityCircle circle) => Roots.Where(root => root.Circle == circle);

    public IReadOnlyList<IssuingAuthority> IssuingOf(string node) => Issuing.GetValueOrDefault(node, []);
}
