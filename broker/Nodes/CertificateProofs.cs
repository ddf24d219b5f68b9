using System.Text.Json;
using System.Text.Json.Serialization;
using Consoles.Broker.Store;
using Dapper;

namespace Consoles.Broker.Nodes;

/// <summary>What running brokers know of nodes' certificates, in the store, so that commands beside them can judge by it.</summary>
/// <remarks>Each method throws <see cref="StoreException"/> when the store is not available.</remarks>
internal sealed partial class CertificateProofs(Database database, TimeProvider clock)
{
    /// <summary>A broker that said nothing for so long does not run.</summary>
    public static readonly TimeSpan WatcherLimit = TimeSpan.FromSeconds(15);

    /// <summary>Keeps what changed, and that this broker is there. Of what several brokers say of a node, that of the last to hear of it is kept.</summary>
    /// <param name="version">The version of the authority's state that it goes by.</param>
    public void Write(string broker, long version, IReadOnlyCollection<(string Node, DateTimeOffset HeardAt, string Proof)> changed) => database.Change(store =>
    {
        foreach (var (node, heardAt, report) in changed)
        {
            store.Execute(
                """
                INSERT INTO certificate_proofs (node, heard_at, report) VALUES (@node, @heardAt, @report)
                ON CONFLICT (node) DO UPDATE SET heard_at = @heardAt, report = @report WHERE heard_at <= @heardAt
                """,
                new { node, heardAt, report });
        }

        var now = clock.GetUtcNow();
        store.Execute("DELETE FROM certificate_watchers WHERE seen_at <= @past", new { past = now - WatcherLimit });
        return store.Execute(
            "INSERT INTO certificate_watchers (broker, seen_at, version) VALUES (@broker, @now, @version) ON CONFLICT (broker) DO UPDATE SET seen_at = @now, version = @version",
            new { broker, now, version });
    });

    /// <summary>As it is kept.</summary>
    public static string Text(NodeProof proof) => JsonSerializer.Serialize(proof, ProofJson.Default.NodeProof);

    /// <summary>This broker stops, in good order.</summary>
    public void Leave(string broker) => database.Change(store => store.Execute("DELETE FROM certificate_watchers WHERE broker = @broker", new { broker }));

    /// <summary>The latest of every node that is not removed, and whether any broker heard of it lately. Of one that never reported, nothing is known.</summary>
    public IReadOnlyList<(string Node, bool Reachable, NodeProof Proof)> Read() => database.Use(store => store
        .Query<Row>(
            """
            SELECT nodes.name AS Node, heard_at AS HeardAt, report AS Report FROM nodes LEFT JOIN certificate_proofs ON node = nodes.name
            WHERE removed_at IS NULL ORDER BY nodes.name
            """)
        .Select(row => row is { HeardAt: { } heardAt, Report: { } report }
            ? (row.Node, clock.GetUtcNow() - heardAt < ConsoleDirectory.SilenceLimit, JsonSerializer.Deserialize(report, ProofJson.Default.NodeProof)!)
            : (row.Node, false, new NodeProof(Reports: false, [], [], 0)))
        .ToList());

    /// <summary>The oldest version of the authority's state that a running broker goes by; null when none runs.</summary>
    public long? OldestVersion() => database.Use(store =>
        store.ExecuteScalar<long?>("SELECT min(version) FROM certificate_watchers WHERE seen_at > @past", new { past = clock.GetUtcNow() - WatcherLimit }));

    private sealed class Row
    {
        public string Node { get; init; } = "";

        public DateTimeOffset? HeardAt { get; init; }

        public string? Report { get; init; }
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(NodeProof))]
    private sealed partial class ProofJson : JsonSerializerContext;
}
