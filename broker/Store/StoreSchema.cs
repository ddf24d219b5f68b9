using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Consoles.Broker.Store;

/// <summary>The numbered SQL files of Schema/, which are in the assembly. PRAGMA user_version is the number of the last one applied.</summary>
internal static class StoreSchema
{
    private const string Prefix = "Consoles.Broker.Store.Schema.";

    private static readonly IReadOnlyList<(int Number, string Resource)> Steps =
    [
        .. from name in typeof(StoreSchema).Assembly.GetManifestResourceNames()
           where name.StartsWith(Prefix, StringComparison.Ordinal)
           let number = int.Parse(name.AsSpan(Prefix.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture)
           orderby number
           select (number, name),
    ];

    public static int Latest => Steps[^1].Number;

    /// <summary>Applies what is missing. The caller holds a transaction, so that two processes that start at once apply it once.</summary>
    /// <exception cref="StoreException">The schema is newer than this broker.</exception>
    public static int Upgrade(SqliteConnection connection)
    {
        var present = connection.ExecuteScalar<int>("PRAGMA user_version");

        if (present > Latest)
        {
            throw new StoreException(
                $"The store {connection.DataSource} has schema {present}, and this broker knows schemas up to {Latest}: it was used by a newer broker. "
                + "Start that one, or restore the store from before the upgrade.");
        }

        foreach (var (number, resource) in Steps.Where(step => step.Number > present))
        {
            connection.Execute(Read(resource));
            connection.Execute($"PRAGMA user_version = {number}");
        }

        return Latest;
    }

    private static string Read(string resource)
    {
        using var stream = typeof(StoreSchema).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
