using System.Net;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Nodes;

public sealed class AgentStreamsTests : IAsyncLifetime
{
    private static readonly Incarnation Run = new(new DomainId(Guid.NewGuid()), 1, 2);
    private static readonly GraphicsSource Vnc = new("vnc0");

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private TestBroker _broker = null!;
    private TestAgent _agent = null!;
    private TestLink _link = null!;

    private IAgentStreams Streams => _broker.Get<IAgentStreams>();

    public async Task InitializeAsync()
    {
        // Its clock stands still: how long an agent is waited for is not what a slow machine is to be judged by.
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(TestClock.OfMachine()));
        _agent = await TestAgent.EnrolAsync(_broker);
        _link = await _agent.LinkAsync();
        await _link.ReportAsync();
    }

    public async Task DisposeAsync()
    {
        _link.Dispose();
        _agent.Dispose();
        await _broker.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task What_the_agent_dials_back_with_is_the_stream_both_ways()
    {
        var (opening, wanted) = await AskAsync();
        wanted.Incarnation.Should().Be(Run);
        wanted.Source.Should().Be(Vnc);

        var (far, _) = await _agent.DialBackAsync(wanted.Secret);
        await using var near = await opening;

        await far!.WriteAsync("from the guest"u8.ToArray(), _limit.Token);
        (await ReadAsync(near, 14)).Should().Be("from the guest");
        await near.WriteAsync("to the guest"u8.ToArray(), _limit.Token);
        (await ReadAsync(far, 12)).Should().Be("to the guest");
    }

    [Fact]
    public async Task Either_end_that_lets_go_ends_the_other()
    {
        var (opening, wanted) = await AskAsync();
        var (far, _) = await _agent.DialBackAsync(wanted.Secret);
        var near = await opening;
        await near.DisposeAsync();
        await EndsAsync(far!);

        (opening, wanted) = await AskAsync();
        (far, _) = await _agent.DialBackAsync(wanted.Secret);
        near = await opening;
        await far!.DisposeAsync();
        await EndsAsync(near);
        await near.DisposeAsync();
    }

    [Fact]
    public async Task A_secret_works_once_and_for_its_own_node_alone()
    {
        var (opening, wanted) = await AskAsync();
        using var other = await TestAgent.EnrolAsync(_broker, "node2");

        (await other.DialBackAsync(wanted.Secret)).Status.Should().Be(HttpStatusCode.Forbidden, because: "it is for node1");
        (await TestAgent.Of(_broker, "node1", certificate: null).DialBackAsync(wanted.Secret)).Status.Should().Be(HttpStatusCode.Forbidden, because: "no certificate was shown");
        (await _agent.DialBackAsync(wanted.Secret + "x")).Status.Should().Be(HttpStatusCode.Forbidden);
        (await _agent.DialBackAsync("")).Status.Should().Be(HttpStatusCode.Forbidden);
        (await _agent.DialBackAsync(wanted.Secret, "websocket")).Status.Should().Be(HttpStatusCode.BadRequest);

        var (stream, _) = await _agent.DialBackAsync(wanted.Secret);
        stream.Should().NotBeNull(because: "none of these has spoilt it");
        await using var near = await opening;
        (await _agent.DialBackAsync(wanted.Secret)).Status.Should().Be(HttpStatusCode.Forbidden, because: "it was used");
    }

    [Fact]
    public async Task A_secret_is_late_once_nobody_waits_for_it()
    {
        using var given = new CancellationTokenSource();
        var opening = Streams.OpenAsync("node1", Run, Vnc, given.Token);
        var wanted = (StreamWanted)(await _link.ReceiveAsync())!;

        await given.CancelAsync();
        await opening.Invoking(stream => stream).Should().ThrowAsync<OperationCanceledException>();

        (await _agent.DialBackAsync(wanted.Secret)).Status.Should().Be(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task An_agent_that_opens_nothing_says_why()
    {
        var (opening, wanted) = await AskAsync();
        await _link.SendAsync(new StreamRefused(wanted.Request, StreamFault.NoSuchRun, "That run is over."));

        (await opening.Invoking(stream => stream).Should().ThrowAsync<AgentStreamException>()).Which
            .Should().BeEquivalentTo(new { Fault = StreamFault.NoSuchRun, Message = "That run is over." });
        (await _agent.DialBackAsync(wanted.Secret)).Status.Should().Be(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_stream_of_an_agent_that_also_refuses_is_let_go()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var (opening, wanted) = await AskAsync();
            var dialling = _agent.DialBackAsync(wanted.Secret);
            await _link.SendAsync(new StreamRefused(wanted.Request, StreamFault.Failed, "both"));

            // Whichever came first counts; what was dialled must not be left hanging.
            Stream? near = null;

            try
            {
                near = await opening;
            }
            catch (AgentStreamException)
            {
                // The refusal did.
            }

            if (near is not null)
            {
                await near.DisposeAsync();
            }

            try
            {
                if ((await dialling).Stream is { } far)
                {
                    await EndsAsync(far);
                }
            }
            catch (HttpRequestException)
            {
                // Torn down before its 101 was through, which is an end as well.
            }
        }
    }

    [Fact]
    public async Task A_node_that_loses_power_is_noticed()
    {
        var (opening, wanted) = await AskAsync();
        var (far, _) = await _agent.DialBackAsync(wanted.Secret);
        await using var held = far!;
        await using var near = await opening;

        // proc_net_tcp: the column after the queues is which timer runs; 02 is that of keepalive, and 01 stands for something on its way.
        await Eventually.TrueAsync(() =>
        {
            var timers = File.ReadAllLines("/proc/self/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[1].EndsWith($":{_broker.Agents.Port:X4}", StringComparison.Ordinal) && fields[3] == "01")
                .Select(fields => fields[5][..2]).ToList();

            return timers.Count >= 2 && timers.TrueForAll(timer => timer == "02");
        });
    }

    [Fact]
    public async Task A_link_that_breaks_and_an_agent_that_is_away_are_told_in_words()
    {
        var (opening, _) = await AskAsync();
        _link.Abort();
        await opening.Invoking(stream => stream).Should().ThrowAsync<AgentStreamException>().WithMessage("*left before it answered*");

        await Streams.Invoking(streams => streams.OpenAsync("node9", Run, Vnc, _limit.Token)).Should().ThrowAsync<AgentStreamException>().WithMessage("*node9 is not connected*");
        Streams.AgentOf("node9").Should().BeNull();
    }

    [Fact]
    public void A_request_does_not_print_its_secret() =>
        new StreamWanted(1, "hidden", Run, Vnc).ToString().Should().NotContain("hidden").And.Contain("vnc0");

    private async Task<(Task<Stream> Opening, StreamWanted Wanted)> AskAsync()
    {
        var opening = Streams.OpenAsync("node1", Run, Vnc, _limit.Token);
        return (opening, (StreamWanted)(await _link.ReceiveAsync())!);
    }

    private async Task EndsAsync(Stream stream)
    {
        try
        {
            (await stream.ReadAsync(new byte[1], _limit.Token)).Should().Be(0);
        }
        catch (IOException)
        {
            // Torn down, which is an end as well.
        }
    }

    private async Task<string> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _limit.Token);
        return System.Text.Encoding.ASCII.GetString(bytes);
    }
}
