using Consoles.Broker.Hosting;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using SQLitePCL;

namespace Consoles.Broker.Store;

/// <summary>
/// The broker's SQLite file. Hands a connection to whoever has SQL of its own to run; work is synchronous and should be short.
/// Several processes may share the file.
/// </summary>
internal sealed class Database
{
    private const string FileName = "consoles.db";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _connectionString;
    private readonly string _pragmas;

    // Publication only: a failure, such as a full disk, is not remembered.
    private readonly Lazy<string> _ready;

    static Database() => StoredTime.Register();

    public Database(IOptions<StoreOptions> options)
    {
        Path = System.IO.Path.Combine(options.Value.Directory, FileName);

        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = SqliteOpenMode.ReadWrite,
            ForeignKeys = true,
            DefaultTimeout = Math.Max(1, (int)options.Value.BusyTimeout.TotalSeconds),
        }.ToString();

        // FULL: what was committed survives a loss of power, in WAL mode as well.
        _pragmas = $"PRAGMA busy_timeout = {(int)options.Value.BusyTimeout.TotalMilliseconds}; PRAGMA synchronous = FULL;";
        _ready = new Lazy<string>(Prepare, LazyThreadSafetyMode.PublicationOnly);
    }

    public string Path { get; }

    /// <summary>Makes or upgrades the file now, instead of at the first use.</summary>
    /// <exception cref="StoreException">It cannot be made or read, or is a newer broker's.</exception>
    public void Open() => Attempt(() => _ready.Value);

    /// <summary>Runs single statements, each its own transaction.</summary>
    /// <exception cref="StoreException">The store is not available.</exception>
    public T Use<T>(Func<SqliteConnection, T> work) => Attempt(() =>
    {
        _ = _ready.Value;
        using var connection = Connect();
        return work(connection);
    });

    /// <summary>Runs several statements as one transaction, which holds the write lock from its beginning.</summary>
    /// <exception cref="StoreException">The store is not available; nothing was changed.</exception>
    public T Change<T>(Func<SqliteConnection, T> work) => Attempt(() =>
    {
        _ = _ready.Value;
        using var connection = Connect();
        return InTransaction(connection, work);
    });

    /// <summary>Shows that the store can be read now.</summary>
    /// <exception cref="StoreException">It cannot.</exception>
    public void Check() => Use(store => store.ExecuteScalar<int>("PRAGMA user_version"));

    private T Attempt<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw new StoreException($"The store {Path} failed: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The store {Path} cannot be opened: {e.Message}", e);
        }
    }

    private static T InTransaction<T>(SqliteConnection connection, Func<SqliteConnection, T> work)
    {
        connection.Execute("BEGIN IMMEDIATE");

        try
        {
            var result = work(connection);
            connection.Execute("COMMIT");
            return result;
        }
        catch
        {
            // A full disk has rolled back already, and a second rollback would hide the first error.
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                connection.Execute("ROLLBACK");
            }

            throw;
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);

        try
        {
            connection.Open();
            connection.Execute(_pragmas);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private string Prepare()
    {
        StateDirectory.Make(System.IO.Path.GetDirectoryName(Path)!);

        // SQLite gives its journal files the mode of the database, so the mode is set before SQLite sees it.
        using (var file = new FileStream(Path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = OwnerOnly,
        }))
        {
            if (file.Length == 0)
            {
                Posix.GiveToOwnerOf(System.IO.Path.GetDirectoryName(Path)!, file);
            }
        }

        File.SetUnixFileMode(Path, OwnerOnly);

        using var connection = Connect();
        connection.Execute("PRAGMA journal_mode = WAL");
        InTransaction(connection, StoreSchema.Upgrade);
        return Path;
    }
}
