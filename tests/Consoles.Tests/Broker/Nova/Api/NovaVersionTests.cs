namespace Consoles.Tests.Broker.Nova.Api;

public sealed class NovaVersionTests(SharedNova shared) : IClassFixture<SharedNova>
{
    private readonly NovaUnderTest _nova = shared.Nova;

    [Fact]
    public async Task API_the_root_lists_the_versions_to_everybody()
    {
        var answer = await _nova.GetAsync("/", token: "");

        answer.Status.Should().Be(200);
        answer.Body.Should().Be(
            """{"versions":[{"id":"v2.0","status":"SUPPORTED","version":"","min_version":"","updated":"2011-01-21T11:33:21Z","links":[{"rel":"self","href":"ROOT/v2/"}]},{"id":"v2.1","status":"CURRENT","version":"2.100","min_version":"2.1","updated":"2013-07-23T11:33:21Z","links":[{"rel":"self","href":"ROOT/v2.1/"}]}]}"""
                .Replace("ROOT", _nova.Root, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/v2.1/")]
    [InlineData("/v2.1")]
    public async Task API_the_version_document_says_from_where_to_where_microversions_go(string path)
    {
        var answer = await _nova.GetAsync(path, token: "");

        answer.Status.Should().Be(200);
        answer.Body.Should().Be(
            """{"version":{"id":"v2.1","status":"CURRENT","version":"2.100","min_version":"2.1","updated":"2013-07-23T11:33:21Z","links":[{"rel":"self","href":"ROOT/v2.1/"},{"rel":"describedby","type":"text/html","href":"http://docs.openstack.org/"}],"media-types":[{"base":"application/json","type":"application/vnd.openstack.compute+json;version=2.1"}]}}"""
                .Replace("ROOT", _nova.Root, StringComparison.Ordinal));
    }

    [Fact]
    public async Task API_a_path_without_a_version_is_answered_with_multiple_choices()
    {
        var answer = await _nova.GetAsync("/servers/x", token: "");

        answer.Status.Should().Be(300);
        answer.Json.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("links")[0].GetProperty("href").GetString())
            .Should().Equal($"{_nova.Root}/v2/servers/x", $"{_nova.Root}/v2.1/servers/x");
    }

    [Theory]
    [InlineData(null, null, 200, "2.1")]
    [InlineData("OpenStack-API-Version", "compute 2.1", 200, "2.1")]
    [InlineData("OpenStack-API-Version", "compute 2.53", 200, "2.53")]
    [InlineData("OpenStack-API-Version", "compute 2.100", 200, "2.100")]
    [InlineData("OpenStack-API-Version", "compute latest", 200, "2.100")]
    [InlineData("OpenStack-API-Version", "identity 3.0, compute 2.9", 200, "2.9")]
    [InlineData("OpenStack-API-Version", "identity 3.0", 200, "2.1")]
    [InlineData("X-OpenStack-Nova-API-Version", "2.6", 200, "2.6")]
    [InlineData("X-OpenStack-Nova-API-Version", "latest", 200, "2.100")]
    [InlineData("OpenStack-API-Version", "compute 2.101", 406, null)]
    [InlineData("OpenStack-API-Version", "compute 2.0", 406, null)]
    [InlineData("OpenStack-API-Version", "compute 3.1", 406, null)]
    [InlineData("OpenStack-API-Version", "compute 1.9", 406, null)]
    [InlineData("OpenStack-API-Version", "compute 2", 400, null)]
    [InlineData("OpenStack-API-Version", "compute 2.01", 400, null)]
    [InlineData("OpenStack-API-Version", "compute 2.1.1", 400, null)]
    [InlineData("OpenStack-API-Version", "compute two", 400, null)]
    [InlineData("OpenStack-API-Version", "compute 2.99999999999", 400, null)]
    [InlineData("X-OpenStack-Nova-API-Version", "-2.1", 400, null)]
    public async Task API_a_microversion_is_negotiated_as_Nova_does(string? header, string? value, int status, string? spoken)
    {
        var answer = await _nova.AskAsync("GET", "/v2.1/servers", headers: header is null ? [] : [(header, value!)]);

        answer.Status.Should().Be(status, because: answer.Body);

        if (spoken is not null)
        {
            answer.Headers["OpenStack-API-Version"].Should().Be($"compute {spoken}");
            answer.Headers["X-OpenStack-Nova-API-Version"].Should().Be(spoken);
            answer.Headers["Vary"].Should().Be("OpenStack-API-Version, X-OpenStack-Nova-API-Version");
        }
    }

    [Fact]
    public async Task API_a_microversion_that_is_not_there_is_named_with_those_that_are()
    {
        (await _nova.GetAsync("/v2.1/servers", version: "2.101")).Body
            .Should().Be("""{"computeFault":{"code":406,"message":"Version 2.101 is not supported by the API. Minimum is 2.1 and maximum is 2.100."}}""");
        (await _nova.GetAsync("/v2.1/servers", version: "2")).Body
            .Should().Be("""{"badRequest":{"code":400,"message":"API Version String 2 is of invalid format. Must be of format MajorNum.MinorNum."}}""");
    }

    [Fact]
    public async Task API_v2_knows_no_microversions_and_passes_over_what_it_does_not_know()
    {
        var answer = await _nova.AskAsync("POST", $"/v2/servers/{NovaUnderTest.Id}/action", """{"os-getVNCConsole":{"type":"novnc","more":1}}""", version: "2.50");

        answer.Status.Should().Be(200, because: answer.Body);
        answer.Headers.Should().NotContainKey("OpenStack-API-Version");
    }

    [Theory]
    [InlineData("GET", "/v2.1/images", 404, "itemNotFound")]
    [InlineData("POST", "/v2.1/servers", 405, "badMethod")]
    [InlineData("DELETE", "/v2.1/servers/x", 405, "badMethod")]
    [InlineData("GET", "/v2.1/servers/x/consoles", 410, "computeFault")]
    [InlineData("POST", "/v2.1/servers/x/consoles", 410, "computeFault")]
    [InlineData("DELETE", "/v2.1/servers/x/consoles/1", 410, "computeFault")]
    [InlineData("GET", "/v2.1/0123456789abcdef0123456789abcdef/servers", 400, "badRequest")]
    public async Task API_what_is_not_there_is_refused_by_its_Nova_name(string method, string path, int status, string name)
    {
        var answer = await _nova.AskAsync(method, path);

        answer.Status.Should().Be(status);
        answer.Json.GetProperty(name).GetProperty("code").GetInt32().Should().Be(status);
        answer.Headers["x-compute-request-id"].Should().StartWith("req-");
    }

    [Fact]
    public async Task API_nothing_of_the_peoples_listener_is_reachable_here_and_nothing_of_this_one_there()
    {
        (await _nova.AskAsync("GET", "/v1/domains", headers: ("Authorization", $"Bearer {_nova.Admin}"))).Status.Should().Be(300);
        (await _nova.Broker.Admin.GetAsync("/v2.1/servers")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
        (await _nova.Broker.Admin.GetAsync("/v3")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
    }
}
