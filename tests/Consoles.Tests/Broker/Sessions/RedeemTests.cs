using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

public sealed class RedeemTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(_clock, configure: null, "--Access:FailureLimit=1000");

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_token_is_redeemed_once_whoever_races_for_it()
    {
        var token = _broker.IssueToken();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _broker.Http.SendAsync(_broker.RedeemRequest(token)))));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).Should().Be(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Forbidden).Should().Be(19);
    }

    [Fact]
    public async Task Unknown_expired_used_revoked_and_tokens_of_another_run_get_one_answer()
    {
        var used = _broker.IssueToken();
        await _broker.RedeemAsync(used);
        var (revoked, grant) = _broker.Issue();
        _broker.Get<ConsoleTokens>().Revoke(grant.Id);
        var expired = _broker.IssueToken();
        _clock.Advance(TimeSpan.FromSeconds(60));
        _broker.Report();
        var otherRun = _broker.IssueToken(LiveBroker.Run with { QemuPid = 1 });

        var bodies = new List<string>();

        foreach (var token in new[] { used, revoked.Reveal(), expired, otherRun, ConsoleToken.Create("x").Reveal(), "ct1_nonsense", "", new string('a', 4000) })
        {
            using var answer = await _broker.Http.SendAsync(_broker.RedeemRequest(token));
            answer.StatusCode.Should().Be(HttpStatusCode.Forbidden);
            answer.Headers.Contains("Set-Cookie").Should().BeFalse();
            bodies.Add(await answer.Content.ReadAsStringAsync());
        }

        bodies.Distinct(StringComparer.Ordinal).Should().ContainSingle().Which.Should().Contain("urn:problem-type:consoles:token-refused");
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public async Task A_token_expires_at_the_end_of_its_lifetime(int age, bool redeemable)
    {
        var token = _broker.IssueToken();
        _clock.Advance(TimeSpan.FromSeconds(age));
        _broker.Report();

        using var answer = await _broker.Http.SendAsync(_broker.RedeemRequest(token));
        answer.IsSuccessStatusCode.Should().Be(redeemable);
    }

    [Fact]
    public async Task A_token_of_a_node_that_fell_silent_is_still_good_since_its_console_can_be_dialled()
    {
        var token = _broker.IssueToken();
        _clock.Advance(TimeSpan.FromSeconds(30));

        using var answer = await _broker.Http.SendAsync(_broker.RedeemRequest(token));
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_answer_tells_the_page_what_it_needs_and_sets_a_cookie_that_scripts_cannot_read()
    {
        using var answer = await _broker.Http.SendAsync(_broker.RedeemRequest(_broker.IssueToken(rights: ConsoleRights.View)));

        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        body.EnumerateObject().Select(member => member.Name).Should().BeEquivalentTo("ticket", "domain", "console", "kind", "rights", "channel");
        body.GetProperty("domain").GetString().Should().Be("web1");
        body.GetProperty("console").GetString().Should().Be("vnc0");
        body.GetProperty("kind").GetString().Should().Be("vnc");
        body.GetProperty("rights").GetString().Should().Be("view");
        body.GetProperty("channel").GetString().Should().Be("/channel");
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        answer.Headers.GetValues("Set-Cookie").Single().Should().MatchRegex("^consoles=[A-Za-z0-9_-]{86}; path=/; samesite=strict; httponly$");
    }

    [Fact]
    public async Task A_browser_keeps_its_cookie_and_one_that_we_did_not_make_is_replaced()
    {
        var first = await _broker.RedeemAsync();
        var second = await _broker.RedeemAsync(cookie: first.Cookie);
        var planted = await _broker.RedeemAsync(cookie: new string('A', 86));

        second.Cookie.Should().Be(first.Cookie);
        planted.Cookie.Should().NotBe(new string('A', 86));
    }

    [Theory]
    [InlineData("{own}", HttpStatusCode.OK)]
    [InlineData(null, HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.Forbidden)]
    [InlineData("https://127.0.0.1:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:1{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:{port}.evil.test", HttpStatusCode.Forbidden)]
    [InlineData("http://evil.test/http://127.0.0.1:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://evil-127.0.0.1:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://user@127.0.0.1:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:{port}@evil.test", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1.:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:{port}/", HttpStatusCode.Forbidden)]
    [InlineData("http://localhost:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://[::1]:{port}", HttpStatusCode.Forbidden)]
    [InlineData("HTTP://127.0.0.1:{port}", HttpStatusCode.Forbidden)]
    [InlineData("http://evil.test", HttpStatusCode.Forbidden)]
    [InlineData("file://", HttpStatusCode.Forbidden)]
    public async Task Only_the_exact_origin_may_redeem_and_open_a_channel(string? origin, HttpStatusCode expected)
    {
        var sent = origin?.Replace("{own}", _broker.Origin, StringComparison.Ordinal).Replace("{port}", $"{_broker.Port}", StringComparison.Ordinal);
        var token = _broker.IssueToken();

        using var answer = await _broker.Http.SendAsync(_broker.RedeemRequest(token, origin: sent));
        answer.StatusCode.Should().Be(expected);

        var ticket = await _broker.RedeemAsync();
        using var channel = await RawWebSocket.ConnectAsync(
            _broker.Port, RawWebSocket.Headers(sent, $"127.0.0.1:{_broker.Port}", ticket.Cookie, $"binary, ticket.{ticket.Secret}"));
        channel.Status.Should().Be(expected == HttpStatusCode.OK ? 101 : 403);

        // A refusal costs nothing: the token can still be redeemed by our own page.
        if (expected != HttpStatusCode.OK)
        {
            await _broker.RedeemAsync(token);
        }
    }

    [Fact]
    public async Task A_request_without_our_own_header_is_refused()
    {
        using var answer = await _broker.Http.SendAsync(_broker.RedeemRequest(_broker.IssueToken(), header: false));
        answer.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("evil.test")]
    [InlineData("evil.test:{port}")]
    [InlineData("127.0.0.1.evil.test:{port}")]
    [InlineData("localhost.:{port}")]
    [InlineData("127.0.0.2:{port}")]
    [InlineData("[::2]:{port}")]
    public async Task A_host_that_is_not_ours_is_misdirected_before_anything_else(string host)
    {
        foreach (var path in new[] { "/v1/redeem", "/v1/nodes", "/nowhere", "/channel", "/healthz" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host.Replace("{port}", $"{_broker.Port}", StringComparison.Ordinal);

            using var answer = await _broker.Http.SendAsync(request);
            ((int)answer.StatusCode).Should().Be(421);
        }
    }

    [Fact]
    public async Task Wrong_tokens_from_one_network_are_limited_and_the_answer_says_for_how_long()
    {
        await using var broker = await LiveBroker.StartAsync(_clock);

        for (var i = 0; i < 10; i++)
        {
            using var wrong = await broker.Http.SendAsync(broker.RedeemRequest(ConsoleToken.Create("x").Reveal()));
            wrong.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        }

        using var limited = await broker.Http.SendAsync(broker.RedeemRequest(broker.IssueToken()));
        limited.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
        limited.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(60));

        _clock.Advance(TimeSpan.FromSeconds(60));
        broker.Report();
        await broker.RedeemAsync();
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_is_a_problem_of_ours_and_the_token_is_not_lost()
    {
        await using var broker = await LiveBroker.StartAsync(_clock, configure: null, "--Store:BusyTimeout=00:00:00.5");
        var token = broker.IssueToken();
        var database = Directory.EnumerateFiles(broker.StateDirectory, "*.db", SearchOption.AllDirectories).Single();
        using var full = new StoreFault(database);
        using var answer = await broker.Http.SendAsync(broker.RedeemRequest(token));
        ((int)answer.StatusCode).Should().Be(503, because: await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadAsStringAsync()).Should().Contain("store-unavailable").And.NotContain(database);

        full.Dispose();
        await broker.RedeemAsync(token);
    }

    [Fact]
    public void A_token_shows_itself_to_nobody_who_prints_it()
    {
        var token = ConsoleToken.Create("1234abcd");

        $"{token}".Should().Be("token 1234abcd");
        $"{ConsoleToken.Parse(token.Reveal())}".Should().Be("presented token");
        token.Reveal().Should().MatchRegex("^ct1_[A-Za-z0-9_-]{47}$");
    }

    [Fact]
    public void A_token_with_a_typing_error_is_none()
    {
        var secret = ConsoleToken.Create("x").Reveal();

        for (var i = 0; i < secret.Length; i++)
        {
            var typed = new StringBuilder(secret) { [i] = secret[i] == 'x' ? 'y' : 'x' };
            ConsoleToken.Parse(typed.ToString()).Should().BeNull();
        }
    }

    [Fact]
    public void The_key_of_the_digests_is_for_the_broker_alone()
    {
        var key = Directory.EnumerateFiles(_broker.StateDirectory, "token.key", SearchOption.AllDirectories).Single();

        File.GetUnixFileMode(key).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new FileInfo(key).Length.Should().Be(32);
    }

    /// <summary>Holds the store's write lock, so that nobody else can write.</summary>
    private sealed class StoreFault : IDisposable
    {
        private readonly Microsoft.Data.Sqlite.SqliteConnection _holder;

        public StoreFault(string database)
        {
            _holder = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={database};Pooling=False");
            _holder.Open();
            Run("BEGIN EXCLUSIVE");
        }

        public void Dispose()
        {
            if (_holder.State == System.Data.ConnectionState.Open)
            {
                Run("ROLLBACK");
                _holder.Dispose();
            }
        }

        private void Run(string sql)
        {
            using var command = _holder.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
