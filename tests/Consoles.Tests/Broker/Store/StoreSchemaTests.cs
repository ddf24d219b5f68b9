using Consoles.Broker.Store;
using Consoles.Tests.Fakes;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Store;

public sealed class StoreSchemaTests : IDisposable
{
    private readonly TempDirectory _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_new_store_has_the_latest_schema_and_survives_being_opened_again()
    {
        Open().Use(store => store.ExecuteScalar<int>("PRAGMA user_version")).Should().Be(StoreSchema.Latest);
        Open().Use(store => store.ExecuteScalar<int>("SELECT count(*) FROM nodes")).Should().Be(0);
    }

    [Fact]
    public void An_older_schema_is_upgraded_and_keeps_its_rows()
    {
        // What a broker of schema 0 left: a database that has none of our tables yet, and one of its own.
        using (var older = new SqliteConnection($"Data Source={_state["consoles.db"]};Pooling=False"))
        {
            older.Execute("CREATE TABLE kept (word TEXT); INSERT INTO kept VALUES ('here')");
        }

        var database = Open();

        database.Use(store => store.ExecuteScalar<int>("SELECT count(*) FROM api_keys")).Should().Be(0);
        database.Use(store => store.ExecuteScalar<string>("SELECT word FROM kept")).Should().Be("here");
    }

    [Fact]
    public void A_newer_schema_is_refused_in_words_and_left_alone()
    {
        Open().Use(store => store.Execute("PRAGMA user_version = 9999"));

        Open().Invoking(database => database.Open()).Should().Throw<StoreException>().WithMessage("*schema 9999*newer broker*");

        using var still = new SqliteConnection($"Data Source={_state["consoles.db"]};Pooling=False");
        still.ExecuteScalar<int>("PRAGMA user_version").Should().Be(9999);
    }

    [Fact]
    public void Brokers_and_commands_that_start_at_once_make_one_store()
    {
        Parallel.For(0, 8, _ => Open().Use(store => store.ExecuteScalar<int>("SELECT count(*) FROM nodes")).Should().Be(0));
    }

    [Fact]
    public void The_store_is_for_its_owner_alone()
    {
        var directory = _state["made"];
        var database = new Database(Options.Create(new StoreOptions { Directory = directory }));

        database.Change(store => store.Execute("INSERT INTO nodes (name, addresses, invited_at) VALUES ('n', '', 0)"));

        File.GetUnixFileMode(directory).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.EnumerateFiles(directory).Should().HaveCountGreaterThan(1, because: "the journal lies beside the database");
        Directory.EnumerateFiles(directory).Should().OnlyContain(file => File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public void A_state_directory_that_others_may_write_to_is_refused()
    {
        File.SetUnixFileMode(_state.Path, (UnixFileMode)0x1FF);

        Open().Invoking(database => database.Open()).Should().Throw<StoreException>().WithMessage($"*{_state.Path}*chmod*");
    }

    [Fact]
    public void Every_connection_writes_through_to_the_disk_and_holds_foreign_keys()
    {
        var (journal, synchronous, foreignKeys) = Open().Use(store => (
            store.ExecuteScalar<string>("PRAGMA journal_mode"), store.ExecuteScalar<int>("PRAGMA synchronous"), store.ExecuteScalar<int>("PRAGMA foreign_keys")));

        journal.Should().Be("wal");
        synchronous.Should().Be(2, because: "that is FULL");
        foreignKeys.Should().Be(1);
    }

    private Database Open() => new(Options.Create(new StoreOptions { Directory = _state.Path }));
}
