using System.Diagnostics;
using System.Globalization;
using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>Servers that several nodes know.</summary>
public sealed class NovaMigrationTests : IAsyncLifetime
{
    private static readonly NodeIdentity Other = new("node2", [IPAddress.Loopback]);

    private NovaUnderTest _nova = null!;

    public async Task InitializeAsync() => _nova = await NovaUnderTest.StartAsync();

    public async Task DisposeAsync() => await _nova.DisposeAsync();

    [Fact]
    public async Task API_a_server_that_is_being_migrated_is_shown_as_such_and_its_consoles_conflict_until_it_has_arrived()
    {
        _nova.Broker.Report(Other, NovaUnderTest.Guest(new Incarnation(LiveBroker.Guest, 2000, 815), "paused"));

        foreach (var path in new[] { NovaUnderTest.Id, "web1" })
        {
            var server = (await _nova.GetAsync($"/v2.1/servers/{path}")).Json.GetProperty("server");
            server.GetProperty("status").GetString().Should().Be("MIGRATING");
            server.GetProperty("OS-EXT-STS:task_state").GetString().Should().Be("migrating");
            server.GetProperty("OS-EXT-SRV-ATTR:host").GetString().Should().Be("node1", because: "there it still runs");
        }

        (await _nova.GetAsync("/v2.1/servers?status=migrating&task_state=migrating")).Json.GetProperty("servers").GetArrayLength().Should().Be(1);
        var refused = await _nova.CreateAsync("vnc", "novnc");
        refused.Status.Should().Be(409);
        refused.Body.Should().Contain("the domain is being migrated to another node");
        (await _nova.ActAsync("""{"os-getConsoleOutput":{}}""")).Status.Should().Be(409);

        _nova.Broker.Report(Other, NovaUnderTest.Guest(new Incarnation(LiveBroker.Guest, 2000, 815)));
        _nova.Broker.Report(NovaUnderTest.Guest(state: "shutoff"));
        (await _nova.CreateAsync("vnc", "novnc")).Status.Should().Be(200);
    }

    [Fact]
    public async Task API_a_domain_that_is_off_on_several_nodes_is_one_server()
    {
        _nova.Broker.Report(NovaUnderTest.Guest(state: "shutoff"));
        _nova.Broker.Report(Other, NovaUnderTest.Guest(state: "shutoff"));

        (await _nova.GetAsync("/v2.1/servers/detail")).Json.GetProperty("servers").EnumerateArray().Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("SHUTOFF");
        (await _nova.CreateAsync("vnc", "novnc")).Status.Should().Be(409);
    }

    [Fact]
    public async Task API_a_name_that_two_domains_have_names_none()
    {
        _nova.Broker.Report(Other, NovaUnderTest.Guest(new Incarnation(new DomainId(Guid.NewGuid()), 1, 1)));

        (await _nova.GetAsync("/v2.1/servers/web1")).Status.Should().Be(404);
        (await _nova.GetAsync("/v2.1/servers?name=web1")).Json.GetProperty("servers").GetArrayLength().Should().Be(2);
    }

    [Fact]
    public async Task API_a_list_of_very_many_servers_takes_one_look_at_each()
    {
        // One look at each for each would be a billion and a half.
        _nova.Broker.Report([.. Enumerable.Range(1, 40_000).Select(i => NovaUnderTest.Guest(
            new Incarnation(new DomainId(new Guid(i, 0, 0, new byte[8])), i, i), name: string.Create(CultureInfo.InvariantCulture, $"g{i:00000}")))]);

        // The machine may have other work: one of a few shows that there are not so many.
        var quickest = TimeSpan.MaxValue;

        for (var attempt = 0; attempt < 5 && quickest >= TimeSpan.FromSeconds(10); attempt++)
        {
            var watch = Stopwatch.StartNew();
            var list = await _nova.GetAsync("/v2.1/servers?limit=1&marker=00009c3f-0000-0000-0000-000000000000");
            quickest = watch.Elapsed < quickest ? watch.Elapsed : quickest;
            list.Json.GetProperty("servers")[0].GetProperty("name").GetString().Should().Be("g40000");
        }

        quickest.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }
}
