using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Api;

public sealed class ApiTests : IAsyncLifetime
{
    // It stands still: no minute goes by meanwhile, and no time of day has the digits of a port in it.
    private readonly TestClock _clock = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(_clock, configure: null, "--Access:FailureLimit=1000", "--Tokens:IssuedPerMinute=5");

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task Nodes_and_domains_and_consoles_are_listed()
    {
        var node = (await Get("/v1/nodes")).GetProperty("items").EnumerateArray().Single();
        node.GetProperty("name").GetString().Should().Be("node1");
        node.GetProperty("heard").GetBoolean().Should().BeTrue();
        node.GetProperty("domains").GetInt32().Should().Be(1);
        (await Get("/v1/nodes/node1")).GetProperty("addresses").EnumerateArray().Single().GetString().Should().Be("127.0.0.1");

        var domain = (await Get("/v1/domains")).GetProperty("items").EnumerateArray().Single();
        domain.GetProperty("id").GetString().Should().Be(LiveBroker.Guest.ToString());
        domain.GetProperty("node").GetString().Should().Be("node1");
        (await Get($"/v1/domains/{LiveBroker.Guest}")).GetProperty("name").GetString().Should().Be("web1");
        (await Get("/v1/domains/web1")).GetProperty("state").GetString().Should().Be("running");

        var consoles = (await Get("/v1/domains/web1/consoles")).GetProperty("items").EnumerateArray().ToList();
        consoles[0].GetProperty("openable").GetBoolean().Should().BeTrue();
        consoles[0].GetProperty("readiness").GetProperty("security").GetString().Should().Be("none");
        consoles[0].GetProperty("endpoint").GetProperty("port").GetInt32().Should().Be(5900);
        consoles[1].GetProperty("openable").GetBoolean().Should().BeFalse();
        consoles[1].GetProperty("whyNot").GetString().Should().Contain("agent of node node1 is not connected");
        consoles[0].GetProperty("via").GetString().Should().Be("direct");
        consoles[1].GetProperty("via").ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public async Task Domains_come_in_pages_and_by_filter()
    {
        var many = Enumerable.Range(0, 25).Select(i => LiveBroker.GuestReport(new Incarnation(new DomainId(Guid.NewGuid()), i, i), running: i % 5 != 0, name: $"guest{i:00}")).ToArray();
        _broker.Report(many);

        var names = new List<string?>();
        string? after = null;

        do
        {
            var page = await Get("/v1/domains?limit=7" + (after is null ? "" : $"&after={after}"));
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);

        names.Should().Equal(many.Select(domain => domain.Name));
        (await Count("/v1/domains?state=shutoff")).Should().Be(5);
        (await Count("/v1/domains?name=GUEST1")).Should().Be(10);
        (await Count("/v1/domains?node=node1")).Should().Be(25);
        (await Count("/v1/domains?node=node2")).Should().Be(0);
    }

    [Theory]
    [InlineData("/v1/domains/web1/tokens", """{"kind":"vnc","rights":"control","lifetime":600}""")]
    [InlineData("/v1/domains/4dea22b3-1d52-d8f3-2516-782e98ab3fa0/tokens", "{}")]
    [InlineData("/v1/domains/web1/consoles/vnc0/tokens", """{"rights":"view"}""")]
    [InlineData("/v1/domains/web1/consoles/vnc/tokens", """{"lifetime":5}""")]
    public async Task A_token_is_issued_with_the_url_that_opens_it(string path, string body)
    {
        using var answer = await Post(_broker.Admin, path, body);
        answer.StatusCode.Should().Be(HttpStatusCode.Created, because: await answer.Content.ReadAsStringAsync());
        var issued = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var token = issued.GetProperty("token").GetString()!;

        issued.GetProperty("url").GetString().Should().Be($"{_broker.Origin}/console#{token}");
        answer.Headers.Location!.OriginalString.Should().Be($"/v1/tokens/{issued.GetProperty("id").GetString()}");
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        await _broker.RedeemAsync(token);

        var listed = await (await _broker.Admin.GetAsync("/v1/tokens")).Content.ReadAsStringAsync();
        listed.Should().Contain(issued.GetProperty("id").GetString()).And.NotContain(token).And.NotContain("digest");
    }

    [Theory]
    [InlineData("/v1/domains/web1/tokens", """{"kind":"serial"}""", 409, "console-not-openable")]
    [InlineData("/v1/domains/web1/tokens", """{"kind":"spice"}""", 404, "not-found")]
    [InlineData("/v1/domains/web1/tokens", """{"kind":"telepathy"}""", 400, "bad-request")]
    [InlineData("/v1/domains/web1/tokens", """{"kind":7}""", 404, "not-found")]
    [InlineData("/v1/domains/web1/tokens", """{"rights":7}""", 400, "bad-request")]
    [InlineData("/v1/domains/web1/tokens", """{"lifetime":601}""", 400, "bad-request")]
    [InlineData("/v1/domains/web1/tokens", """{"lifetime":-1}""", 400, "bad-request")]
    [InlineData("/v1/domains/web1/tokens", """{"host":"192.0.2.1"}""", 400, "bad-request")]
    [InlineData("/v1/domains/web1/tokens", """{"kind":""", 400, "bad-request")]
    [InlineData("/v1/domains/web2/tokens", "{}", 404, "not-found")]
    [InlineData("/v1/domains/web1/consoles/vnc9/tokens", "{}", 404, "not-found")]
    [InlineData("/v1/nowhere", "{}", 404, "not-found")]
    [InlineData("/v1/nodes", "{}", 405, "method-not-allowed")]
    [InlineData("/v1/redeem", "{}", 403, "other-origin")]
    [InlineData("/v1/redeem", "[]", 400, "bad-request")]
    public async Task Every_error_is_a_problem_document(string path, string body, int status, string type)
    {
        using var answer = await Post(_broker.Admin, path, body);
        await ProblemAnswer.ShouldBeAsync(answer, status, type);
    }

    [Fact]
    public async Task A_body_of_another_type_or_too_large_is_a_problem()
    {
        using var form = await _broker.Admin.PostAsync("/v1/domains/web1/tokens", new StringContent("kind=vnc", Encoding.UTF8, "application/x-www-form-urlencoded"));
        await ProblemAnswer.ShouldBeAsync(form, 415, "not-json");

        using var large = await Post(_broker.Admin, "/v1/domains/web1/tokens", $$"""{"kind":"{{new string('v', 70_000)}}"}""");
        await ProblemAnswer.ShouldBeAsync(large, 413, "too-large");
    }

    [Fact]
    public async Task Without_a_good_key_there_is_nothing_to_see()
    {
        foreach (var path in new[] { "/v1/nodes", "/v1/nodes/node1", "/v1/domains", "/v1/domains/web1", "/v1/domains/web1/consoles", "/v1/tokens", "/v1/sessions" })
        {
            using var none = await _broker.Http.GetAsync(path);
            await ProblemAnswer.ShouldBeAsync(none, 401, "not-authenticated");
            none.Headers.WwwAuthenticate.Single().Scheme.Should().Be("Bearer");

            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer ck1_wrong");
            using var wrong = await _broker.Http.SendAsync(request);
            await ProblemAnswer.ShouldBeAsync(wrong, 401, "not-authenticated");
        }
    }

    [Fact]
    public async Task Viewers_look_and_operators_use()
    {
        using var viewer = _broker.ClientAs(ApiRole.Viewer);
        using var operate = _broker.ClientAs(ApiRole.Operator, "carl");

        using var control = await Post(viewer, "/v1/domains/web1/tokens", """{"rights":"control"}""");
        await ProblemAnswer.ShouldBeAsync(control, 403, "not-allowed");
        using var view = await Post(viewer, "/v1/domains/web1/tokens", "{}");
        view.StatusCode.Should().Be(HttpStatusCode.Created);
        using var operated = await Post(operate, "/v1/domains/web1/tokens", """{"rights":"control"}""");
        operated.StatusCode.Should().Be(HttpStatusCode.Created);

        // A viewer sees and revokes tokens of its own alone.
        var others = (await operated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        (await viewer.GetFromJsonAsync<JsonElement>("/v1/tokens")).GetProperty("items").GetArrayLength().Should().Be(1);
        (await operate.GetFromJsonAsync<JsonElement>("/v1/tokens")).GetProperty("items").GetArrayLength().Should().Be(2);
        (await viewer.DeleteAsync($"/v1/tokens/{others}")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await operate.DeleteAsync($"/v1/tokens/{others}")).StatusCode.Should().Be(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Only_administrators_are_told_where_a_console_listens()
    {
        var unreachable = LiveBroker.GuestReport() with
        {
            Consoles =
            [
                new ConsoleEndpoint
                {
                    Kind = ConsoleKind.Vnc,
                    Name = "vnc0",
                    Transport = ConsoleTransport.Tcp,
                    Host = "192.0.2.77",
                    Port = 5977,
                    Readiness = new Readiness(ConsoleSecurity.Unreachable, "connection refused at 192.0.2.77:5977", DateTimeOffset.UnixEpoch),
                },
            ],
        };
        _broker.Report(unreachable);

        foreach (var role in new[] { ApiRole.Viewer, ApiRole.Operator })
        {
            using var client = _broker.ClientAs(role, $"{role}");

            foreach (var path in new[] { "/v1/nodes", "/v1/domains", "/v1/domains/web1", "/v1/domains/web1/consoles" })
            {
                (await client.GetStringAsync(path)).Should().NotContain("192.0.2.77").And.NotContain("5977");
            }

            using var refused = await Post(client, "/v1/domains/web1/tokens", """{"rights":"view"}""");
            (await refused.Content.ReadAsStringAsync()).Should().NotContain("192.0.2.77").And.NotContain("5977");
        }

        (await _broker.Admin.GetStringAsync("/v1/domains/web1/consoles")).Should().Contain("192.0.2.77");
    }

    [Fact]
    public async Task A_user_is_issued_so_many_tokens_a_minute()
    {
        for (var i = 0; i < 5; i++)
        {
            (await Post(_broker.Admin, "/v1/domains/web1/tokens", "{}")).StatusCode.Should().Be(HttpStatusCode.Created);
        }

        using var limited = await Post(_broker.Admin, "/v1/domains/web1/tokens", "{}");
        await ProblemAnswer.ShouldBeAsync(limited, 429, "too-many");
        limited.Headers.RetryAfter.Should().NotBeNull();

        using var other = _broker.ClientAs(ApiRole.Viewer);
        (await Post(other, "/v1/domains/web1/tokens", "{}")).StatusCode.Should().Be(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_openapi_document_names_every_route_and_the_bearer_scheme()
    {
        var document = await _broker.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

        var routes = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name} {path.Name}"));
        routes.Should().BeEquivalentTo(
            "get /v1/nodes",
            "get /v1/nodes/{name}",
            "get /v1/certificates",
            "get /v1/domains",
            "get /v1/domains/{domain}",
            "get /v1/domains/{domain}/consoles",
            "post /v1/domains/{domain}/tokens",
            "post /v1/domains/{domain}/consoles/{console}/tokens",
            "get /v1/tokens",
            "post /v1/domains/{domain}/keys",
            "post /v1/keys",
            "get /v1/domains/{domain}/screenshot",
            "get /v1/domains/{domain}/console-log",
            "delete /v1/tokens/{id}",
            "get /v1/sessions",
            "delete /v1/sessions/{id}",
            "post /v1/login",
            "post /v1/logout",
            "post /v1/redeem",
            "get /v1/viewers",
            "post /v1/domains/{domain}/consoles/{console}/viewer-file");
        document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").GetProperty("scheme").GetString().Should().Be("bearer");
        document.GetProperty("security").EnumerateArray().Single().TryGetProperty("bearer", out _).Should().BeTrue();
    }

    private Task<JsonElement> Get(string path) => _broker.Admin.GetFromJsonAsync<JsonElement>(path);

    private async Task<int> Count(string path) => (await Get(path)).GetProperty("items").GetArrayLength();

    private static Task<HttpResponseMessage> Post(HttpClient client, string path, string json) =>
        client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
}
