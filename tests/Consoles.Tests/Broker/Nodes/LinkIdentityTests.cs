using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nodes;

/// <summary>Who may speak for a node.</summary>
public sealed class LinkIdentityTests : IAsyncLifetime
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly TempDirectory _state = new();
    private TestBroker _broker = null!;
    private TestAgent _agent = null!;

    private X509Certificate2 Fleet => _broker.Get<AuthorityRoots>().Fleet;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public async Task InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(state: _state.Path);
        _agent = await TestAgent.EnrolAsync(_broker);
    }

    public async Task DisposeAsync()
    {
        _agent.Dispose();
        await _broker.DisposeAsync();
        _state.Dispose();
    }

    [Fact]
    public async Task An_enrolled_agent_is_let_in_and_its_report_becomes_what_the_broker_knows()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync(TestDomains.Running("web1"));

        var (node, domain) = _broker.Get<ConsoleDirectory>().FindDomain("web1")!.Value;

        domain.Name.Should().Be("web1");
        node.Identity.Name.Should().Be("node1");
        node.Identity.Addresses.Should().Equal(System.Net.IPAddress.Loopback);
    }

    [Fact]
    public async Task Addresses_given_at_the_invitation_count_before_the_one_the_agent_comes_from()
    {
        using var agent = await TestAgent.EnrolAsync(_broker, "node2", System.Net.IPAddress.Parse("192.0.2.7"));
        using var link = await agent.LinkAsync();
        await link.ReportAsync();

        _broker.Get<ConsoleDirectory>().Nodes.Single().Identity.Addresses.Should().Equal(System.Net.IPAddress.Parse("192.0.2.7"));
    }

    [Fact]
    public async Task Without_a_certificate_nobody_is_let_in() => await BeTurnedAwayAsync(null);

    [Fact]
    public async Task A_certificate_of_another_authority_is_turned_away()
    {
        using var other = Issuing.MakeRoot("Consoles fleet", 0, Now, Day);

        await BeTurnedAwayAsync(Issuing.MakeClient(other, "node1", Now, Day));
    }

    [Fact]
    public async Task A_certificate_of_another_circle_of_the_same_broker_is_turned_away() =>
        await BeTurnedAwayAsync(Issuing.MakeClient(_broker.Get<AuthorityRoots>().Clients, "node1", Now, Day));

    [Fact]
    public async Task A_servers_certificate_is_turned_away() => await BeTurnedAwayAsync(Issuing.MakeServer(Fleet, ["node1"], [], Now, Day));

    [Fact]
    public async Task An_expired_certificate_is_turned_away() => await BeTurnedAwayAsync(Issuing.MakeClient(Fleet, "node1", Now - TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(1)));

    [Fact]
    public async Task A_certificate_for_a_node_that_was_never_invited_is_turned_away() => await BeTurnedAwayAsync(Issuing.MakeClient(Fleet, "node9", Now, Day));

    [Fact]
    public async Task A_certificate_for_a_node_that_was_only_invited_is_turned_away()
    {
        _broker.Get<NodeRegistry>().Invite("node3", []);

        await BeTurnedAwayAsync(Issuing.MakeClient(Fleet, "node3", Now, Day));
    }

    [Fact]
    public async Task A_certificate_with_two_names_is_turned_away()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("node1");
        names.AddDnsName("node2");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var issued = request.Create(Fleet, Now.AddMinutes(-1), Now.AddHours(1), [1, 2, 3]);

        await BeTurnedAwayAsync(issued.CopyWithPrivateKey(key));
    }

    [Fact]
    public async Task Another_nodes_certificate_does_not_help_to_speak_for_this_one()
    {
        using var other = await TestAgent.EnrolAsync(_broker, "node2");
        using var link = await TestAgent.Of(_broker, "node1", other.Certificate).LinkAsync();

        var refused = await link.RefusalAsync();

        refused.Final.Should().BeTrue();
        refused.Reason.Should().Contain("node2");
        _broker.Get<ConsoleDirectory>().Nodes.Should().BeEmpty();
    }

    [Fact]
    public async Task A_removed_node_loses_its_link_and_is_not_let_in_again()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync(TestDomains.Running("web1"));

        (await CommandAsync("node", "remove", "node1")).Should().Be(0);

        var refused = await link.RefusalAsync();
        refused.Should().Be(new Refused("Node node1 was removed.", Final: true));
        await Eventually.TrueAsync(() => _broker.Get<ConsoleDirectory>().Nodes.Count == 0);
        await BeTurnedAwayAsync(_agent.Certificate);
    }

    [Fact]
    public async Task A_node_that_is_enrolled_anew_takes_the_earlier_certificates_power_away()
    {
        using var link = await _agent.LinkAsync();
        await link.ReportAsync();

        // Issue times count in whole seconds.
        using var earlier = Issuing.MakeClient(Fleet, "node1", Now - TimeSpan.FromSeconds(2), Day);
        using var anew = await TestAgent.EnrolAsync(_broker);

        (await link.RefusalAsync()).Final.Should().BeTrue();
        await BeTurnedAwayAsync(earlier);
        using var newLink = await anew.LinkAsync();
        await newLink.ReportAsync();
    }

    [Fact]
    public async Task A_peoples_route_is_not_there_for_agents()
    {
        using var client = _agent.CreateClient();

        (await client.GetAsync("/healthz")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
        (await client.GetAsync("/v1/nodes")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
        (await client.GetAsync("/")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Nodes_are_enrolled_still_after_the_broker_was_restarted()
    {
        await _broker.DisposeAsync();
        _broker = await TestBroker.StartAsync(state: _state.Path);

        using var link = await TestAgent.Of(_broker, "node1", _agent.Certificate).LinkAsync();
        await link.ReportAsync();
    }

    private Task<int> CommandAsync(params string[] args) =>
        Consoles.Broker.BrokerCommandLine.RunAsync([.. args, "--state", _broker.StateDirectory], TextWriter.Null, TextWriter.Null);

    private async Task BeTurnedAwayAsync(X509Certificate2? certificate)
    {
        using var agent = TestAgent.Of(_broker, "node1", certificate);

        (await agent.Invoking(stranger => stranger.ConnectAsync()).Should().ThrowAsync<WebSocketException>()).WithMessage("*403*");
    }
}
