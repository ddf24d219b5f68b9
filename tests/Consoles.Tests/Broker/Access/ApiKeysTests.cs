using Consoles.Broker.Access;
using Consoles.Broker.Store;
using Consoles.Tests.Fakes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Access;

public sealed class ApiKeysTests : IDisposable
{
    private readonly TempDirectory _state = new();
    private readonly TestClock _clock = new();
    private readonly ApiKeys _keys;

    public ApiKeysTests()
    {
        _keys = new ApiKeys(Open(), _clock);
    }

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_key_is_known_by_its_secret_alone()
    {
        var (secret, key) = _keys.Create(ApiRole.Operator, "ada", lifetime: null);

        _keys.Verify(secret.Reveal()).Should().Be(key);
        _keys.Verify(key.Id).Should().BeNull();
        _keys.Verify(secret.Reveal() + "x").Should().BeNull();
        _keys.Verify(ApiKeySecret.Create().Reveal()).Should().BeNull();
        _keys.Verify("").Should().BeNull();
        _keys.Verify(null).Should().BeNull();
    }

    [Fact]
    public void A_secret_is_neither_stored_nor_printed()
    {
        var (secret, _) = _keys.Create(ApiRole.Admin, "ada", lifetime: null);

        // What the journal has goes into the database. Other tests' stores are left alone.
        Open().Use(store =>
        {
            SqliteConnection.ClearPool(store);
            return true;
        });

        secret.ToString().Should().NotContain(secret.Reveal());

        foreach (var file in Directory.EnumerateFiles(_state.Path))
        {
            File.ReadAllText(file, System.Text.Encoding.Latin1).Should().NotContain(secret.Reveal()[4..]);
        }
    }

    [Theory]
    [InlineData(899, true)]
    [InlineData(900, false)]
    public void A_key_expires_at_the_end_of_its_lifetime(int seconds, bool valid)
    {
        var (secret, _) = _keys.Create(ApiRole.Viewer, "ada", TimeSpan.FromMinutes(15));

        _clock.Advance(TimeSpan.FromSeconds(seconds));

        (_keys.Verify(secret.Reveal()) is not null).Should().Be(valid);
        _keys.List().Should().HaveCount(valid ? 1 : 0);
    }

    [Fact]
    public void A_key_revoked_by_another_process_is_refused_at_once()
    {
        var (secret, key) = _keys.Create(ApiRole.Admin, "ada", lifetime: null);
        var elsewhere = new ApiKeys(Open(), _clock);

        elsewhere.Revoke(key.Id).Should().BeTrue();

        _keys.Verify(secret.Reveal()).Should().BeNull();
        _keys.List().Should().ContainSingle().Which.RevokedAt.Should().Be(_clock.GetUtcNow());
        _keys.Revoke(key.Id).Should().BeFalse(because: "it was revoked before");
    }

    private Database Open() => new(Options.Create(new StoreOptions { Directory = _state.Path }));
}
