using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Api;

public sealed class CertificatesApiTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private TestBroker _broker = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        // Certificates are judged by the machine's clock, so the test's begins there.
        _clock.Advance(TimeProvider.System.GetUtcNow() - _clock.GetUtcNow());
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        _client = _broker.CreateClient(_broker.CreateKey(ApiRole.Operator));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task It_says_what_a_node_has_and_what_its_guests_serve()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var link = await agent.LinkAsync();
        await link.ReportAsync(CertificateSamples.Of((await agent.OrderAsync()).Plan, _clock, CertificateCondition.Pending), CertificateSamples.Web);

        var answer = await GetAsync("/v1/certificates");

        var node = answer.GetProperty("items")[0];
        node.GetProperty("state").GetString().Should().Be("pending");
        node.GetProperty("upToDate").GetBoolean().Should().BeTrue();
        var console = node.GetProperty("consoles")[0];
        console.GetProperty("domainName").GetString().Should().Be(CertificateSamples.Web.Name);
        console.GetProperty("serial").GetString().Should().Be("0a");
        console.GetProperty("age").GetDouble().Should().Be(60);
        node.GetProperty("sets")[0].GetProperty("serial").GetString().Should().Be("0b");
        answer.GetProperty("consoles").GetProperty("pending").GetInt32().Should().Be(1);
        answer.GetProperty("own").EnumerateArray().Select(own => own.GetProperty("use").GetString()).Should().Equal("agents", "guests");
    }

    [Fact]
    public async Task What_is_past_its_end_by_the_brokers_clock_has_expired_whatever_the_agent_said()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var link = await agent.LinkAsync();
        await link.ReportAsync(CertificateSamples.Of("x", _clock, life: TimeSpan.FromSeconds(10)), CertificateSamples.Web);
        (await GetAsync("/v1/certificates")).GetProperty("items")[0].GetProperty("state").GetString().Should().Be("fresh");

        _clock.Advance(TimeSpan.FromSeconds(11));

        var node = (await GetAsync("/v1/certificates?state=expired")).GetProperty("items")[0];
        node.GetProperty("state").GetString().Should().Be("expired");
        node.GetProperty("consoles")[0].GetProperty("state").GetString().Should().Be("expired");
        node.GetProperty("upToDate").GetBoolean().Should().BeFalse();
    }

    [Fact]
    public async Task A_node_without_any_TLS_is_not_called_fresh()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var link = await agent.LinkAsync();
        await link.ReportAsync(new NodeCertificates(), CertificateSamples.Web);

        (await GetAsync("/v1/certificates?state=off")).GetProperty("items")[0].GetProperty("state").GetString().Should().Be("off");
        (await GetAsync("/v1/certificates?state=fresh")).GetProperty("items").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Nodes_come_in_pages_and_can_be_picked()
    {
        using var one = await TestAgent.EnrolAsync(_broker, "node1");
        using var two = await TestAgent.EnrolAsync(_broker, "node2");
        using var first = await one.LinkAsync();
        using var second = await two.LinkAsync();
        await first.ReportAsync(CertificateSamples.Of("x", _clock), CertificateSamples.Web);
        await second.ReportAsync(certificates: null);

        var page = await GetAsync("/v1/certificates?limit=1");

        Names(page).Should().Equal("node1");
        var rest = await GetAsync($"/v1/certificates?limit=1&after={page.GetProperty("next").GetString()}");
        Names(rest).Should().Equal("node2");
        rest.GetProperty("items")[0].GetProperty("reports").GetBoolean().Should().BeFalse();
        Names(await GetAsync("/v1/certificates?node=node2")).Should().Equal("node2");
        Names(await GetAsync("/v1/certificates?state=unproved")).Should().BeEmpty();
    }

    [Fact]
    public async Task A_later_report_without_certificates_leaves_them_and_a_whole_one_takes_them_away()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var link = await agent.LinkAsync();
        await link.ReportAsync(CertificateSamples.Of("x", _clock), CertificateSamples.Web);

        await link.SendAsync(new Report(TestLink.Whole(2) with { Whole = false }));
        await link.AcceptedAsync();
        (await GetAsync("/v1/certificates")).GetProperty("items")[0].GetProperty("consoles").GetArrayLength().Should().Be(1);
        await link.SendAsync(new Report(TestLink.Whole(3)));
        await link.AcceptedAsync();

        (await GetAsync("/v1/certificates")).GetProperty("items")[0].GetProperty("reports").GetBoolean().Should().BeFalse();
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?state=rusty")]
    public async Task What_cannot_be_meant_is_refused_with_a_problem_document(string query)
    {
        using var answer = await _client.GetAsync($"/v1/certificates{query}");

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
    }

    [Fact]
    public async Task Who_may_only_view_is_not_told()
    {
        using var viewer = _broker.CreateClient(_broker.CreateKey(ApiRole.Viewer));

        using var answer = await viewer.GetAsync("/v1/certificates");

        answer.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    private static IEnumerable<string?> Names(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(node => node.GetProperty("node").GetString());

    private Task<JsonElement> GetAsync(string path) => _client.GetFromJsonAsync<JsonElement>(path);
}
