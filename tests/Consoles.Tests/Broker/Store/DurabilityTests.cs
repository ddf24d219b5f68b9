using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Store;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Store;

public sealed class DurabilityTests : IDisposable
{
    private readonly TempDirectory _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task What_the_broker_has_answered_is_there_after_it_was_killed()
    {
        var enrolled = new System.Collections.Concurrent.ConcurrentBag<string>();
        var nodes = Open(out var roots);

        for (var round = 0; round < 2; round++)
        {
            using var broker = await BrokerProcess.StartAsync(_state.Path);
            using var agent = new TestAgent(broker.Agents, roots.Fleet, "nobody", certificate: null);
            using var client = agent.CreateClient();
            var enrolling = EnrolUntilItFailsAsync(client, nodes, round, enrolled);

            await Eventually.TrueAsync(() => enrolling.IsCompleted || enrolled.Count >= 15 * (round + 1), within: TimeSpan.FromMinutes(2));
            enrolling.IsCompleted.Should().BeFalse(because: $"nobody has killed the broker yet, but: {(enrolling.IsFaulted ? enrolling.Exception : null)}");
            broker.Kill();
            await FluentActions.Awaiting(() => enrolling).Should().ThrowAsync<HttpRequestException>(because: "what was asked for last may or may not be there");
        }

        var known = Open(out _).List().Where(node => node.EnrolledAt is not null).Select(node => node.Name);
        known.Should().Contain(enrolled);

        using var restarted = await BrokerProcess.StartAsync(_state.Path);
        using var people = new HttpClient { BaseAddress = restarted.People };
        (await people.GetStringAsync("/readyz")).Should().Be("ready\n");
    }

    private static async Task EnrolUntilItFailsAsync(HttpClient client, NodeRegistry nodes, int round, System.Collections.Concurrent.ConcurrentBag<string> enrolled)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        for (var number = 0; ; number++)
        {
            var name = $"node-{round}-{number}";
            var request = new EnrolmentRequest(nodes.Invite(name, []).Token.Reveal(), TestAgent.Request(key));

            using var answer = await client.PostAsJsonAsync(LinkPaths.Enrol, request, LinkJson.Default.EnrolmentRequest);

            // Two processes write the one file: on a busy machine one of them may be told to come again.
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                answer.EnsureSuccessStatusCode();
                enrolled.Add(name);
            }
        }
    }

    private NodeRegistry Open(out AuthorityRoots roots)
    {
        var options = Options.Create(new StoreOptions { Directory = _state.Path });
        roots = new AuthorityRoots(options, TimeProvider.System, NullLogger<AuthorityRoots>.Instance);
        return new NodeRegistry(new Database(options), roots, TimeProvider.System);
    }
}
