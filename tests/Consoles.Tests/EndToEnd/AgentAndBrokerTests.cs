using Consoles.Agent.Identity;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace Consoles.Tests.EndToEnd;

/// <summary>The real agent and the real broker, over their real connection.</summary>
public sealed class AgentAndBrokerTests : IAsyncLifetime, IDisposable
{
    private const string Node = "node1.example";

    private readonly TempDirectory _brokerState = new();
    private readonly TempDirectory _agentState = new();
    private readonly PortRange _ports = PortRange.Claim();
    private TestBroker _broker = null!;
    private string? _agentsPort;

    // The same after a restart, and nobody else's meanwhile.
    private string AgentsPort => _agentsPort ??= $"--Listeners:Agents:Port={_ports.Next()}";

    public async Task InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(null, _brokerState.Path, AgentsPort);
        await ReportingAgent.EnrolAsync(_broker.Agents, Invite(), _agentState.Path);
    }

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    public void Dispose()
    {
        _ports.Dispose();
        _agentState.Dispose();
        _brokerState.Dispose();
    }

    [Fact]
    public async Task What_an_agent_knows_and_what_changes_is_in_the_brokers_directory()
    {
        await using var agent = await ReportingAgent.StartAsync(_agentState.Path, [Domains.Running(1), Domains.Running(2)]);
        await Eventually.TrueAsync(() => Known().Count == 2);

        agent.Publish(Domains.Running(2, port: 5907), Domains.Running(3));

        await Eventually.TrueAsync(() => Known().ContainsKey(Domains.Id(3)));
        Known().Keys.Should().BeEquivalentTo([Domains.Id(2), Domains.Id(3)]);
        Known()[Domains.Id(2)].Consoles[0].Port.Should().Be(5907);
    }

    [Fact]
    public async Task An_agent_is_back_within_five_seconds_of_a_restarted_broker()
    {
        await using var agent = await ReportingAgent.StartAsync(_agentState.Path, [Domains.Running(1)]);
        await Eventually.TrueAsync(() => Known().Count == 1);

        await _broker.DisposeAsync();
        agent.Publish(Domains.Running(1), Domains.Running(2));
        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Warning).Any());
        _broker = await TestBroker.StartAsync(null, _brokerState.Path, AgentsPort);

        await Eventually.TrueAsync(() => Known().Count == 2, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_older_of_two_agents_for_one_node_is_refused_and_says_so()
    {
        await using var older = await ReportingAgent.StartAsync(_agentState.Path, [Domains.Running(1)]);
        await Eventually.TrueAsync(() => Known().Count == 1);

        await using var newer = await ReportingAgent.StartAsync(_agentState.Path, [Domains.Running(1), Domains.Running(2)]);

        await Eventually.TrueAsync(() => older.Logs.At(LogLevel.Error).Any());
        older.Logs.At(LogLevel.Error).Single().Should().Contain("started later").And.Contain("A person must act");
        await Eventually.TrueAsync(() => Known().Count == 2);
        newer.Logs.At(LogLevel.Error).Should().BeEmpty();
    }

    [Fact]
    public async Task A_broker_gets_a_console_password_from_the_agent()
    {
        await using var agent = await ReportingAgent.StartAsync(_agentState.Path, [Domains.Running(1)]);
        agent.Password = (_, console, _) => Task.FromResult<string?>($"secret of {console}");
        await Eventually.TrueAsync(() => Known().Count == 1);

        var password = await _broker.Get<IConsolePasswords>().GetAsync(Node, Domains.Running(1).Incarnation!, "vnc0", CancellationToken.None);

        password.Should().Be("secret of vnc0");
        agent.Logs.Text.Should().NotContain(password);
    }

    [Fact]
    public async Task A_removed_node_is_told_that_a_person_must_act()
    {
        await using var agent = await ReportingAgent.StartAsync(_agentState.Path, [Domains.Running(1)]);
        await Eventually.TrueAsync(() => Known().Count == 1);

        _broker.Get<NodeRegistry>().Remove(Node);
        _broker.Get<AgentLinks>().End(Node, "The node was removed.");

        await Eventually.TrueAsync(() => agent.Logs.At(LogLevel.Error).Any(line => line.Contains("The node was removed.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_join_token_enrols_once()
    {
        var token = Invite("node2.example");
        using var first = new TempDirectory();
        using var second = new TempDirectory();
        await ReportingAgent.EnrolAsync(_broker.Agents, token, first.Path);

        var again = () => ReportingAgent.EnrolAsync(_broker.Agents, token, second.Path);

        (await again.Should().ThrowAsync<IdentityException>()).Which.Message.Should().Contain("was used");
        Directory.Exists(second["identity"]).Should().BeFalse();
    }

    private JoinToken Invite(string node = Node) => _broker.Get<NodeRegistry>().Invite(node, []).Token;

    private IReadOnlyDictionary<DomainId, DomainReport> Known() =>
        _broker.Get<ConsoleDirectory>().Nodes.SingleOrDefault(node => node.Identity.Name == Node)?.Domains ?? new Dictionary<DomainId, DomainReport>();
}
