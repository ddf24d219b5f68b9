using Consoles.Broker.Access;
using Consoles.Broker.Nova.Api.Identity;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>Who may ask, with an API key or a token of the Keystone front.</summary>
public sealed class NovaAccessTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private NovaUnderTest _nova = null!;

    public async Task InitializeAsync() => _nova = await NovaUnderTest.StartAsync(_clock);

    public async Task DisposeAsync() => await _nova.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("ck1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("gAAAAABk")]
    public async Task API_without_a_good_token_nothing_is_answered_and_the_client_is_told_where_to_get_one(string token)
    {
        var answer = await _nova.GetAsync("/v2.1/servers", token: token);

        answer.Status.Should().Be(401);
        answer.Headers["WWW-Authenticate"].Should().Be($"Keystone uri=\"{_nova.Root}/v3\"");
        answer.Body.Should().Be("""{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}""");
        (await _nova.GetAsync("/v2.1/nothing", token: token)).Status.Should().Be(401, because: "strangers are not told what there is");
    }

    [Fact]
    public async Task API_who_shows_wrong_tokens_has_to_wait()
    {
        for (var i = 0; i < 10; i++)
        {
            await _nova.GetAsync("/v2.1/servers", token: $"wrong{i}");
        }

        var answer = await _nova.GetAsync("/v2.1/servers", token: "wrong");
        answer.Status.Should().Be(429);
        answer.Headers["Retry-After"].Should().Be("60");
        (await LogInAsync("nova", "wrong")).Status.Should().Be(429);

        // Who shows a good one is not held up by neighbours.
        (await _nova.GetAsync("/v2.1/servers")).Status.Should().Be(200);
        (await LogInAsync("nova", _nova.Admin)).Status.Should().Be(201);

        _clock.Advance(TimeSpan.FromSeconds(60));
        (await _nova.GetAsync("/v2.1/servers", token: "wrong")).Status.Should().Be(401);
    }

    [Fact]
    public async Task API_a_token_that_has_expired_is_no_guess()
    {
        var old = (await LogInAsync("nova", _nova.Admin)).Headers["X-Subject-Token"];
        _clock.Advance(TimeSpan.FromHours(1));

        for (var i = 0; i < 12; i++)
        {
            (await _nova.GetAsync("/v2.1/servers", token: old)).Status.Should().Be(401);
            (await LogInAsync($$$"""{"methods":["token"],"token":{"id":"{{{old}}}"}}""")).Status.Should().Be(401);
        }
    }

    [Fact]
    public async Task API_a_token_for_a_token_lives_no_longer_than_that_one()
    {
        var first = (await LogInAsync("nova", _nova.Admin)).Headers["X-Subject-Token"];
        _clock.Advance(TimeSpan.FromMinutes(40));

        var second = await LogInAsync($$$"""{"methods":["token"],"token":{"id":"{{{first}}}"}}""");

        second.Status.Should().Be(201);
        second.Json.GetProperty("token").GetProperty("expires_at").GetString().Should().Be("2026-11-22T13:00:00.000000Z");
        _clock.Advance(TimeSpan.FromMinutes(20));
        (await _nova.GetAsync("/v2.1/servers", token: second.Headers["X-Subject-Token"])).Status.Should().Be(401);
    }

    [Fact]
    public async Task API_of_a_keys_tokens_the_latest_hundred_are_good()
    {
        var (keys, tokens) = (_nova.Broker.Get<ApiKeys>(), _nova.Broker.Get<IdentityTokens>());
        var (_, busy) = keys.Create(ApiRole.Operator, "busy", lifetime: null);
        var (_, other) = keys.Create(ApiRole.Operator, "other", lifetime: null);
        var untouched = tokens.Issue(other, "password").Secret;
        var issued = new List<string>();

        for (var i = 0; i < 103; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            issued.Add(tokens.Issue(busy, "password").Secret);
        }

        issued.Select(secret => tokens.Find(secret) is not null).Should().Equal([false, false, false, .. Enumerable.Repeat(true, 100)]);
        (await _nova.GetAsync("/v2.1/servers", token: untouched)).Status.Should().Be(200);
    }

    [Fact]
    public async Task API_the_one_project_is_told_to_whoever_may_ask()
    {
        var (secret, key) = _nova.Broker.Get<ApiKeys>().Create(ApiRole.Viewer, "ops", lifetime: null);

        foreach (var path in new[] { "/v3/auth/projects", $"/v3/users/{key.Id}/projects" })
        {
            (await _nova.GetAsync(path, token: secret.Reveal())).Json.GetProperty("projects").EnumerateArray().Should().ContainSingle().Which.GetProperty("name").GetString().Should().Be("consoles");
            (await _nova.GetAsync(path)).Status.Should().Be(200);
            (await _nova.GetAsync(path, token: "")).Status.Should().Be(401);
        }

        (await _nova.GetAsync("/v3/users/another/projects", token: secret.Reveal())).Status.Should().Be(403);
    }

    [Fact]
    public async Task API_the_Keystone_front_says_what_it_is()
    {
        foreach (var path in new[] { "/v3", "/v3/" })
        {
            var version = (await _nova.GetAsync(path, token: "")).Json.GetProperty("version");
            version.GetProperty("id").GetString().Should().StartWith("v3.");
            version.GetProperty("status").GetString().Should().Be("stable");
            version.GetProperty("links")[0].GetProperty("href").GetString().Should().Be($"{_nova.Root}/v3/");
        }
    }

    [Theory]
    [InlineData(nameof(ApiRole.Admin), "admin member reader")]
    [InlineData(nameof(ApiRole.Operator), "member reader")]
    [InlineData(nameof(ApiRole.Viewer), "reader")]
    public async Task API_a_password_that_is_a_key_gets_a_token_that_can_do_what_the_key_can(string role, string roles)
    {
        var answer = await LogInAsync("ops", _nova.Key(Enum.Parse<ApiRole>(role), "ops"));

        answer.Status.Should().Be(201, because: answer.Body);
        var token = answer.Json.GetProperty("token");
        string.Join(' ', token.GetProperty("roles").EnumerateArray().Select(item => item.GetProperty("name").GetString())).Should().Be(roles);
        token.GetProperty("user").GetProperty("name").GetString().Should().Be("ops");
        token.GetProperty("expires_at").GetString().Should().Be("2026-11-22T13:00:00.000000Z");
        var compute = token.GetProperty("catalog").EnumerateArray().Single(service => service.GetProperty("type").GetString() == "compute");
        compute.GetProperty("endpoints")[0].GetProperty("url").GetString().Should().Be($"{_nova.Root}/v2.1");

        var secret = answer.Headers["X-Subject-Token"];
        (await _nova.GetAsync("/v2.1/servers", token: secret)).Status.Should().Be(200);
        (await _nova.CreateAsync("vnc", "novnc", token: secret)).Status.Should().Be(role == nameof(ApiRole.Viewer) ? 403 : 200);
        (await _nova.GetAsync($"/v2.1/{token.GetProperty("project").GetProperty("id").GetString()}/servers", token: secret)).Status.Should().Be(200);
    }

    [Fact]
    public async Task API_an_application_credential_is_a_keys_id_and_the_key()
    {
        var (secret, key) = _nova.Broker.Get<ApiKeys>().Create(ApiRole.Operator, "robot", lifetime: null);

        var answer = await LogInAsync($$$"""{"methods":["application_credential"],"application_credential":{"id":"{{{key.Id}}}","secret":"{{{secret.Reveal()}}}"}}""");
        answer.Status.Should().Be(201);
        answer.Json.GetProperty("token").GetProperty("application_credential").GetProperty("id").GetString().Should().Be(key.Id);

        (await LogInAsync($$$"""{"methods":["token"],"token":{"id":"{{{answer.Headers["X-Subject-Token"]}}}"}}""")).Status.Should().Be(201);
        (await LogInAsync($$$"""{"methods":["application_credential"],"application_credential":{"id":"other","secret":"{{{secret.Reveal()}}}"}}""")).Status.Should().Be(401);
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("""{"methods":["totp"],"totp":{}}""", 400)]
    [InlineData("""{"methods":["password","token"]}""", 400)]
    [InlineData("""{"methods":["password"],"password":{"user":{"name":"nova"}}}""", 401)]
    [InlineData("""{"methods":["password"],"password":"x"}""", 401)]
    [InlineData("""{"methods":["token"],"token":{"id":"kt1_x"}}""", 401)]
    public async Task API_a_login_that_is_none_is_refused(string identity, int status)
    {
        var answer = await LogInAsync(identity);

        answer.Status.Should().Be(status);
        answer.Json.GetProperty("error").GetProperty("code").GetInt32().Should().Be(status);
    }

    [Fact]
    public async Task API_a_login_that_does_not_come_is_not_waited_for()
    {
        var answer = RawHttp.AskAsync(new Uri(_nova.Root), "POST /v3/auth/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");

        (await _clock.AdvanceUntilAsync(answer, TimeSpan.FromSeconds(10))).Should().StartWith("HTTP/1.1 408 ");
    }

    [Fact]
    public async Task API_a_user_who_is_not_the_keys_is_refused_as_a_wrong_key_is()
    {
        var wrongName = await LogInAsync("somebody", _nova.Admin);
        var wrongKey = await LogInAsync("nova", "nonsense");

        wrongName.Status.Should().Be(401);
        wrongKey.Body.Should().Be(wrongName.Body);
    }

    [Fact]
    public async Task API_a_token_of_the_front_ends_with_its_hour_its_revocation_or_its_key()
    {
        var (secret, key) = _nova.Broker.Get<ApiKeys>().Create(ApiRole.Operator, "robot", lifetime: null);
        var tokens = new List<string>();

        for (var i = 0; i < 3; i++)
        {
            tokens.Add((await LogInAsync("robot", secret.Reveal())).Headers["X-Subject-Token"]);
        }

        (await SubjectAsync("GET", tokens[0], tokens[0])).Json.GetProperty("token").GetProperty("user").GetProperty("name").GetString().Should().Be("robot");
        (await SubjectAsync("DELETE", tokens[0], tokens[0])).Status.Should().Be(204);
        (await _nova.GetAsync("/v2.1/servers", token: tokens[0])).Status.Should().Be(401);

        _nova.Broker.Get<ApiKeys>().Revoke(key.Id);
        (await _nova.GetAsync("/v2.1/servers", token: tokens[1])).Status.Should().Be(401);

        var own = (await LogInAsync("nova", _nova.Admin)).Headers["X-Subject-Token"];
        _clock.Advance(TimeSpan.FromMinutes(59));
        (await _nova.GetAsync("/v2.1/servers", token: own)).Status.Should().Be(200);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await _nova.GetAsync("/v2.1/servers", token: own)).Status.Should().Be(401);
    }

    [Fact]
    public async Task API_only_administrators_are_told_of_others_tokens()
    {
        var own = (await LogInAsync("nova", _nova.Admin)).Headers["X-Subject-Token"];
        var other = _nova.Key(ApiRole.Operator, "other");

        (await SubjectAsync("GET", other, own)).Status.Should().Be(403);
        (await SubjectAsync("DELETE", other, own)).Status.Should().Be(403);
        (await SubjectAsync("GET", _nova.Admin, own)).Status.Should().Be(200);
        (await SubjectAsync("GET", _nova.Admin, "kt1_unknown")).Status.Should().Be(404);
        (await SubjectAsync("GET", "", own)).Status.Should().Be(401);
    }

    [Fact]
    public async Task API_no_secret_of_a_login_is_in_a_log()
    {
        var token = (await LogInAsync("nova", _nova.Admin)).Headers["X-Subject-Token"];
        await _nova.GetAsync("/v2.1/servers", token: token);

        _nova.Broker.Logs.Text.Should().NotContain(token).And.NotContain(_nova.Admin);
    }

    private Task<NovaAnswer> LogInAsync(string user, string password) =>
        LogInAsync($$$"""{"methods":["password"],"password":{"user":{"name":"{{{user}}}","password":"{{{password}}}","domain":{"name":"Default"} } } }""");

    private Task<NovaAnswer> LogInAsync(string identity) =>
        _nova.AskAsync("POST", "/v3/auth/tokens", "{\"auth\":{\"identity\":" + identity + ""","scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}""", token: "");

    private Task<NovaAnswer> SubjectAsync(string method, string caller, string subject) =>
        _nova.AskAsync(method, "/v3/auth/tokens", token: caller, headers: ("X-Subject-Token", subject));
}
