using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

public sealed class NovaServerTests(SharedNova shared) : IClassFixture<SharedNova>
{
    private readonly NovaUnderTest _nova = shared.Nova;

    [Theory]
    [InlineData("running", "ACTIVE", "active", 1)]
    [InlineData("blocked", "ACTIVE", "active", 1)]
    [InlineData("paused", "PAUSED", "paused", 3)]
    [InlineData("shutoff", "SHUTOFF", "stopped", 4)]
    [InlineData("crashed", "ERROR", "error", 6)]
    [InlineData("pmsuspended", "SUSPENDED", "suspended", 7)]
    public async Task API_a_domain_is_a_server_in_the_state_that_libvirt_says(string state, string status, string vm, int power)
    {
        _nova.Broker.Report(NovaUnderTest.Guest(state: state));

        var server = (await _nova.GetAsync($"/v2.1/servers/{NovaUnderTest.Id}")).Json.GetProperty("server");

        server.GetProperty("name").GetString().Should().Be("web1");
        server.GetProperty("status").GetString().Should().Be(status);
        server.GetProperty("OS-EXT-STS:vm_state").GetString().Should().Be(vm);
        server.GetProperty("OS-EXT-STS:power_state").GetInt32().Should().Be(power);
        server.GetProperty("OS-EXT-SRV-ATTR:host").GetString().Should().Be("node1");
        server.GetProperty("OS-EXT-SRV-ATTR:instance_name").GetString().Should().Be("web1");
        server.GetProperty("links")[0].GetProperty("href").GetString().Should().Be($"{_nova.Root}/v2.1/servers/{NovaUnderTest.Id}");
    }

    [Fact]
    public async Task API_a_server_is_found_by_name_too_and_one_that_is_not_there_is_not()
    {
        (await _nova.GetAsync("/v2.1/servers/web1")).Json.GetProperty("server").GetProperty("id").GetString().Should().Be(NovaUnderTest.Id);

        var answer = await _nova.GetAsync("/v2.1/servers/web2");
        answer.Status.Should().Be(404);
        answer.Body.Should().Be("""{"itemNotFound":{"code":404,"message":"Instance web2 could not be found."}}""");
    }

    [Theory]
    [InlineData("2.1", false, "locked host_status description tags trusted_image_certificates locked_reason scheduler_hints OS-EXT-SRV-ATTR:hostname")]
    [InlineData("2.100", true, "locked host_status description tags trusted_image_certificates locked_reason scheduler_hints server_groups pinned_availability_zone OS-EXT-SRV-ATTR:hostname")]
    public async Task API_a_member_comes_with_its_microversion(string version, bool there, string members)
    {
        var server = (await _nova.GetAsync("/v2.1/servers/web1", version)).Json.GetProperty("server");

        members.Split(' ').Select(member => server.TryGetProperty(member, out _)).Should().OnlyContain(found => found == there);
        server.GetProperty("flavor").TryGetProperty("original_name", out _).Should().Be(there);
    }

    [Fact]
    public async Task API_where_a_server_runs_is_for_administrators()
    {
        var server = (await _nova.GetAsync("/v2.1/servers/web1", "2.100", _nova.Key(ApiRole.Operator))).Json.GetProperty("server");

        server.EnumerateObject().Select(member => member.Name).Should().NotContain(name => name == "OS-EXT-SRV-ATTR:host" || name == "host_status" || name == "OS-EXT-SRV-ATTR:instance_name");
        server.GetProperty("OS-EXT-SRV-ATTR:hostname").GetString().Should().Be("web1", because: "2.90 shows it to everybody");
    }

    [Theory]
    [InlineData(nameof(ApiRole.Viewer))]
    [InlineData(nameof(ApiRole.Operator))]
    public async Task CVE_2025_54289_no_list_tells_of_others_tokens_or_where_a_console_listens(string role)
    {
        _nova.Broker.Report(NovaUnderTest.Guest(consoles: [NovaUnderTest.Vnc with { Host = "203.0.113.77" }, NovaUnderTest.SerialOnPty with { Path = "/dev/pts/977" }]));
        var secret = NovaUnderTest.TokenOf((await _nova.CreateAsync("vnc", "novnc")).Url);
        var grant = _nova.Broker.Get<ConsoleTokens>().List(keyId: null, limit: 1).Single().Grant;
        var caller = _nova.Key(Enum.Parse<ApiRole>(role), "other");
        string[] paths = ["/", "/v2.1/", "/v2.1/servers", "/v2.1/servers/detail", $"/v2.1/servers/{NovaUnderTest.Id}", "/v2.1/flavors/detail", "/v3/auth/catalog", "/v3/auth/projects", $"/v2.1/os-console-auth-tokens/{secret}"];

        foreach (var path in paths)
        {
            foreach (var version in new[] { "2.1", "2.31", "2.100" })
            {
                var answer = await _nova.GetAsync(path, version, caller);
                var said = answer.Body + string.Join('\n', answer.Headers.Select(header => $"{header.Key}: {header.Value}"));
                said.Should().NotContain(secret).And.NotContain(grant.Id).And.NotContain("203.0.113.77").And.NotContain("/dev/pts/977").And.NotContain(_nova.Admin, because: path);
            }
        }
    }

    [Fact]
    public async Task API_lists_come_in_pages_by_limit_and_marker()
    {
        Five();

        var names = new List<string>();
        var next = "/v2.1/servers?limit=2";

        while (next is not null)
        {
            var page = (await _nova.GetAsync(next)).Json;
            names.AddRange(page.GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("name").GetString()!));
            next = page.TryGetProperty("servers_links", out var links) ? new Uri(links[0].GetProperty("href").GetString()!).PathAndQuery : null;
        }

        names.Should().Equal("a1", "a2", "b1", "b2", "c1");
        (await _nova.GetAsync($"/v2.1/servers?marker={Guid.NewGuid()}")).Status.Should().Be(400);
        (await _nova.GetAsync("/v2.1/servers?limit=x")).Body.Should().Contain("Invalid input for field/attribute limit. Value: x.");
    }

    [Theory]
    [InlineData("name=^a", "a1 a2")]
    [InlineData("name=B", "b1 b2")]
    [InlineData("name=1$", "a1 b1 c1")]
    [InlineData("status=SHUTOFF", "c1")]
    [InlineData("host=node1&name=a1", "a1")]
    [InlineData("host=node9", "")]
    [InlineData("all_tenants=1&name=a2", "a2")]
    [InlineData("deleted=True", "")]
    [InlineData("vm_state=stopped", "c1")]
    [InlineData("vm_state=active&name=a", "a1 a2")]
    [InlineData("power_state=4", "c1")]
    [InlineData("power_state=3", "")]
    [InlineData("task_state=migrating", "")]
    [InlineData("flavor=libvirt&name=a", "a1 a2")]
    [InlineData("flavor=m1.small", "")]
    [InlineData("ip=10.0.0.1", "")]
    [InlineData("ip6=fe80", "")]
    [InlineData("tags=a", "")]
    [InlineData("image=3f4b6c1e-9d67-4a34-8f43-5a1f8b8c7a11", "")]
    [InlineData("key_name=mine", "")]
    [InlineData("locked=true", "")]
    [InlineData("not-tags=a&locked=false&ip=&name=a", "a1 a2")]
    public async Task API_lists_are_filtered(string query, string names)
    {
        Five();

        var servers = (await _nova.GetAsync($"/v2.1/servers/detail?{query}")).Json.GetProperty("servers");

        string.Join(' ', servers.EnumerateArray().Select(server => server.GetProperty("name").GetString())).Should().Be(names);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("(a)\\1")]
    public async Task API_a_pattern_that_cannot_be_used_is_a_bad_request(string pattern) =>
        (await _nova.GetAsync($"/v2.1/servers?name={Uri.EscapeDataString(pattern)}")).Status.Should().Be(400);

    [Fact]
    public async Task API_only_administrators_see_all_tenants_and_what_is_not_known_is_refused_from_2_75()
    {
        var answer = await _nova.GetAsync("/v2.1/servers?all_tenants=1", token: _nova.Key(ApiRole.Operator));
        answer.Status.Should().Be(403);
        answer.Body.Should().Contain("os_compute_api:servers:index:get_all_tenants");

        (await _nova.GetAsync("/v2.1/servers?foo=1", "2.74")).Status.Should().Be(200);
        (await _nova.GetAsync("/v2.1/servers?foo=1", "2.75")).Status.Should().Be(400);
    }

    [Fact]
    public async Task API_a_domain_that_two_nodes_know_is_one_server_that_of_the_node_that_runs_it()
    {
        await using var nova = await NovaUnderTest.StartAsync();
        nova.Broker.Report(new NodeIdentity("node2", [IPAddress.Loopback]), NovaUnderTest.Guest(state: "shutoff"));

        var servers = (await nova.GetAsync("/v2.1/servers/detail")).Json.GetProperty("servers");

        servers.EnumerateArray().Should().ContainSingle().Which.GetProperty("OS-EXT-SRV-ATTR:host").GetString().Should().Be("node1");
    }

    [Fact]
    public async Task API_a_flavor_that_clients_look_up_is_there()
    {
        var id = (await _nova.GetAsync("/v2.1/servers/web1")).Json.GetProperty("server").GetProperty("flavor").GetProperty("id").GetString();

        (await _nova.GetAsync($"/v2.1/flavors/{id}")).Json.GetProperty("flavor").GetProperty("name").GetString().Should().Be(id);
        (await _nova.GetAsync($"/v2.1/flavors/{id}/os-extra_specs")).Body.Should().Be("""{"extra_specs":{}}""");
        (await _nova.GetAsync("/v2.1/flavors/other")).Body.Should().Be("""{"itemNotFound":{"code":404,"message":"Flavor other could not be found."}}""");
        (await _nova.GetAsync("/v2.1/flavors/other/os-extra_specs")).Status.Should().Be(404);
        (await _nova.AskAsync("DELETE", $"/v2.1/flavors/{id}")).Status.Should().Be(405);
        (await _nova.AskAsync("GET", "/image/v2/images", token: "")).Json.GetProperty("images").GetArrayLength().Should().Be(0, because: "clients look there before they list servers");
        (await _nova.GetAsync("/v2.1/flavors/detail")).Json.GetProperty("flavors").GetArrayLength().Should().Be(1);
    }

    private void Five() => _nova.Broker.Report([.. new[] { "b2", "c1", "a1", "b1", "a2" }.Select((name, i) =>
        NovaUnderTest.Guest(new Incarnation(new DomainId(new Guid(i + 1, 0, 0, new byte[8])), i + 1, i + 1), name == "c1" ? "shutoff" : "running", name))]);
}
