using System.Net;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Hosting;

public class ListenersTests
{
    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_broker_that_started_is_alive_and_ready_on_the_ports_it_names(string scheme)
    {
        await using var broker = await TestBroker.StartAsync(args: $"--Listeners:People:Scheme={scheme}");
        using var client = broker.CreateClient();

        broker.People.Scheme.Should().Be(scheme);
        broker.People.Port.Should().NotBe(0);
        (await client.GetAsync("/healthz")).StatusCode.Should().Be(HttpStatusCode.OK);

        var ready = await client.GetAsync("/readyz");
        ready.StatusCode.Should().Be(HttpStatusCode.OK);
        ready.Headers.Server.Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_for_agents_is_not_there_for_people()
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = broker.CreateClient();

        foreach (var path in new[] { LinkPaths.Authority, LinkPaths.Link })
        {
            (await client.GetAsync(path)).StatusCode.Should().Be(HttpStatusCode.NotFound, because: path);
        }
    }

    [Fact]
    public async Task Http_2_is_not_spoken()
    {
        await using var broker = await TestBroker.StartAsync(args: "--Listeners:People:Scheme=https");
        using var client = broker.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        await client.Invoking(asked => asked.SendAsync(request)).Should().ThrowAsync<HttpRequestException>();
    }
}
