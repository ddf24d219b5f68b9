using System.Security.Cryptography.X509Certificates;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Consoles.Broker.Authority;

/// <summary>The rows of nodes' issuing authorities, written within somebody's transaction.</summary>
internal static class IssuingAuthorities
{
    public static void Add(SqliteConnection store, string node, IssuingAuthority made) => store.Execute(
        "INSERT INTO issuing_authorities (node, root, addresses, certificate, key_file, made_at) VALUES (@node, @Root, @addresses, @Certificate, @KeyFile, @MadeAt)",
        new { node, made.Root, addresses = string.Join(' ', made.Addresses), made.Certificate, made.KeyFile, made.MadeAt });

    /// <summary>Before a node is given an authority: a removal, or a new enrolment, that came after the order counts.</summary>
    /// <exception cref="HostCertificateException">The enrolment that the order was made under is over.</exception>
    public static void RequireEnrolled(SqliteConnection store, HostOrder order)
    {
        if (order.EnrolledAt is { } enrolledAt
            && store.ExecuteScalar<int>("SELECT count(*) FROM nodes WHERE name = @Node AND removed_at IS NULL AND enrolled_at = @enrolledAt", new { order.Node, enrolledAt }) == 0)
        {
            throw new HostCertificateException($"Node {order.Node} was removed or enrolled anew while it ordered.");
        }
    }

    /// <summary>Whether an authority with that key was withdrawn for the node.</summary>
    public static bool IsWithdrawn(SqliteConnection store, string node, X509Certificate2 issuer) => store
        .Query<byte[]>("SELECT certificate FROM issuing_authorities WHERE node = @node AND withdrawn_at IS NOT NULL", new { node })
        .Any(withdrawn => HaveOneKey(withdrawn, issuer));

    /// <summary>Whether two certificates are of one key, whatever else they say. A certificate's DER has its key's as a part.</summary>
    /// <param name="der">The one of them.</param>
    public static bool HaveOneKey(byte[] der, X509Certificate2 other) => der.AsSpan().IndexOf(other.PublicKey.ExportSubjectPublicKeyInfo()) >= 0;

    /// <summary>From now on brokers refuse whatever they issued for the node, and the next order has a new one made.</summary>
    public static void Withdraw(SqliteConnection store, string node, DateTimeOffset now) =>
        store.Execute("UPDATE issuing_authorities SET withdrawn_at = @now WHERE node = @node AND withdrawn_at IS NULL", new { node, now });

    /// <summary>The same for all that are under one root.</summary>
    public static void WithdrawUnder(SqliteConnection store, int root, DateTimeOffset now) =>
        store.Execute("UPDATE issuing_authorities SET withdrawn_at = @now WHERE root = @root AND withdrawn_at IS NULL", new { root, now });
}
