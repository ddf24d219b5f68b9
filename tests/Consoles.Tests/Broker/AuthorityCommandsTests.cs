using Consoles.Broker;
using Consoles.Broker.Authority;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker;

/// <summary>A roll-over by commands beside a running broker, with an agent that does what it is asked.</summary>
public sealed class AuthorityCommandsTests : IAsyncLifetime
{
    private const string Latest = "0c";

    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private TestBroker _broker = null!;
    private TestAgent _agent = null!;
    private TestLink _link = null!;
    private DomainReport _web = null!;

    public async Task InitializeAsync()
    {
        _broker = await TestBroker.StartAsync();
        _agent = await TestAgent.EnrolAsync(_broker);
        _link = await _agent.LinkAsync();
        _web = TestDomains.Running("web1") with { Consoles = [VncTargets.Console(5900), VncTargets.Console(5901) with { Kind = ConsoleKind.Spice, Name = "spice0" }] };
    }

    public async Task DisposeAsync()
    {
        _link.Dispose();
        _agent.Dispose();
        await _broker.DisposeAsync();
        await _output.DisposeAsync();
        await _error.DisposeAsync();
    }

    [Fact]
    public async Task A_step_waits_until_every_node_has_proved_the_one_before()
    {
        var before = await _agent.OrderAsync();
        await ReportAsync(before.Plan);

        // The first step takes nothing away.
        (await RunAsync("authority", "roll-over", "clients", "prepare")).Should().Be(0);
        (await RunAsync("authority", "roll-over", "clients", "activate")).Should().Be(1);
        _error.ToString().Should().Contain("Nothing was changed");
        await Eventually.TrueAsync(async () => await RunAsync("authority", "roll-over", "clients", "activate") == 1 && _error.ToString().Contains("node1: its Vnc files are not what is wanted now"));

        // The broker looks once in a second; until then an order is what it was.
        var anew = await Eventually.GetAsync(async () => await _agent.OrderAsync() is var answer && answer.Plan != before.Plan ? answer : null);
        await ReportAsync(anew.Plan, CertificateCondition.Pending);
        await Eventually.TrueAsync(async () => await RunAsync("authority", "roll-over", "clients", "activate") == 1 && _error.ToString().Contains("web1 vnc0 is Pending"));

        await ReportAsync(anew.Plan);
        await SucceedAsync("authority", "roll-over", "clients", "activate");
        await Eventually.TrueAsync(() => _broker.Get<BrokerClientCertificate>().Current.Issuer == "CN=Consoles clients-2");
        await SucceedAsync("authority", "roll-over", "clients", "retire");

        _output.GetStringBuilder().Clear();
        (await RunAsync("authority", "status")).Should().Be(0);
        _output.ToString().Should().Contain("clients").And.Contain("current").And.Contain("node1: its Vnc files are not what is wanted now");
    }

    [Fact]
    public async Task Of_hosts_spice_that_serves_the_old_root_holds_up_its_end_alone()
    {
        await ReportAsync((await _agent.OrderAsync()).Plan, spice: CertificateCondition.NeedsRestart);
        (await RunAsync("authority", "roll-over", "hosts", "prepare")).Should().Be(0);
        await SucceedAsync("authority", "roll-over", "hosts", "activate");

        await ReportAsync((await _agent.OrderAsync()).Plan, spice: CertificateCondition.NeedsRestart);
        await Eventually.TrueAsync(async () => await RunAsync("authority", "roll-over", "hosts", "retire") == 1 && _error.ToString().Contains("web1 spice0 is NeedsRestart"));
        (await RunAsync("authority", "roll-over", "hosts", "roll-back")).Should().Be(0);
        (await RunAsync("authority", "roll-over", "hosts", "roll-back", "--force")).Should().Be(0);
        _broker.Get<AuthorityState>().Invalidate();
        _broker.Get<AuthorityState>().Current.Of(AuthorityCircle.Hosts).Should().ContainSingle(root => root.Number == 1);
    }

    [Fact]
    public async Task Of_hosts_spice_that_serves_the_dropped_root_holds_up_a_roll_back()
    {
        await ReportAsync((await _agent.OrderAsync()).Plan);
        (await RunAsync("authority", "roll-over", "hosts", "prepare")).Should().Be(0);
        await SucceedAsync("authority", "roll-over", "hosts", "activate");
        (await RunAsync("authority", "roll-over", "hosts", "roll-back")).Should().Be(0);

        // The guest was started in between, and serves what is under the root that is to be dropped.
        _broker.Get<AuthorityState>().Invalidate();
        await ReportAsync((await _agent.OrderAsync()).Plan, spice: CertificateCondition.NeedsRestart);

        await Eventually.TrueAsync(async () => await RunAsync("authority", "roll-over", "hosts", "roll-back") == 1 && _error.ToString().Contains("web1 spice0 is NeedsRestart"));
        await ReportAsync((await _agent.OrderAsync()).Plan);
        await SucceedAsync("authority", "roll-over", "hosts", "roll-back");
    }

    [Fact]
    public async Task An_agents_word_that_a_console_is_fresh_proves_nothing_where_it_served_another_certificate()
    {
        var plan = (await _agent.OrderAsync()).Plan;
        await ReportAsync(plan);
        (await RunAsync("authority", "roll-over", "clients", "prepare")).Should().Be(0);
        var anew = await Eventually.GetAsync(async () => await _agent.OrderAsync() is var answer && answer.Plan != plan ? answer : null);

        await _link.ReportAsync(Certificates(anew.Plan, [Console("vnc0", CertificateCondition.Fresh, served: "older"), Console("spice0", CertificateCondition.Fresh)]), _web);

        await Eventually.TrueAsync(async () => await RunAsync("authority", "roll-over", "clients", "activate") == 1 && _error.ToString().Contains("web1 vnc0 is Unproved"));
        _error.ToString().Should().NotContain("spice0");
        await ReportAsync(anew.Plan);
        await SucceedAsync("authority", "roll-over", "clients", "activate");
    }

    [Fact]
    public async Task A_console_with_tls_that_an_agent_passes_over_is_not_proved()
    {
        var plan = (await _agent.OrderAsync()).Plan;
        await ReportAsync(plan);
        (await RunAsync("authority", "roll-over", "clients", "prepare")).Should().Be(0);
        var anew = await Eventually.GetAsync(async () => await _agent.OrderAsync() is var answer && answer.Plan != plan ? answer : null);

        await _link.ReportAsync(Certificates(anew.Plan, []), _web);

        await Eventually.TrueAsync(async () => await RunAsync("authority", "roll-over", "clients", "activate") == 1 && _error.ToString().Contains("web1 vnc0 is Unproved"));
        _error.ToString().Should().Contain("web1 spice0 is Unproved");
    }

    [Fact]
    public async Task A_node_that_has_a_certificate_and_never_reported_is_silent()
    {
        await _agent.OrderAsync();

        (await RunAsync("authority", "status")).Should().Be(0);

        _output.ToString().Should().Contain("node1: is silent, and is not waited for");
    }

    [Fact]
    public async Task While_no_broker_runs_nothing_is_known_and_only_force_goes_on()
    {
        (await RunAsync("authority", "roll-over", "clients", "prepare")).Should().Be(0);
        await _broker.StopAsync();

        (await RunAsync("authority", "roll-over", "clients", "activate")).Should().Be(1);
        _error.ToString().Should().Contain("No broker runs");
        (await RunAsync("authority", "roll-over", "clients", "activate", "--force")).Should().Be(0);
    }

    [Fact]
    public async Task Revoking_a_broker_says_where_its_old_key_is_still_good()
    {
        await ReportAsync((await _agent.OrderAsync()).Plan);
        await Eventually.TrueAsync(async () => await RunAsync("authority", "status") == 0 && _output.ToString().Contains("has proved what is wanted"));

        (await RunAsync("authority", "revoke-broker")).Should().Be(0);

        _output.ToString().Should().Contain("Root 2 of clients is the only one now").And.Contain("node1: its Vnc files are not what is wanted now");
        await Eventually.TrueAsync(() => _broker.Get<BrokerClientCertificate>().Current.Issuer == "CN=Consoles clients-2");
    }

    private Task<string?> ReportAsync(string plan, CertificateCondition vnc = CertificateCondition.Fresh, CertificateCondition spice = CertificateCondition.Fresh) =>
        _link.ReportAsync(Certificates(plan, [Console("vnc0", vnc), Console("spice0", spice)]), _web);

    private NodeCertificates Certificates(string plan, IReadOnlyList<ConsoleCertificate> consoles)
    {
        var now = TimeProvider.System.GetUtcNow();
        var onDisk = CertificateSamples.Certificate(Latest, now, now + TimeSpan.FromDays(7));

        return new NodeCertificates
        {
            Sets =
            [
                new CertificateSet(CertificateUse.Vnc, "/etc/pki/libvirt-vnc", Enabled: true, ByHand: false, onDisk, plan),
                new CertificateSet(CertificateUse.Spice, "/etc/pki/libvirt-spice", Enabled: true, ByHand: false, onDisk, plan),
            ],
            Consoles = consoles,
        };
    }

    private ConsoleCertificate Console(string name, CertificateCondition condition, string? served = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var serial = served ?? (condition == CertificateCondition.Fresh ? Latest : "older");
        return new ConsoleCertificate(_web.Incarnation!, name, condition, CertificateSamples.Certificate(serial, now, now + TimeSpan.FromDays(7)), now);
    }

    private async Task SucceedAsync(params string[] args) => await Eventually.TrueAsync(async () => await RunAsync(args) == 0);

    private Task<int> RunAsync(params string[] args)
    {
        _error.GetStringBuilder().Clear();
        return BrokerCommandLine.RunAsync([.. args, "--state", _broker.StateDirectory], _output, _error);
    }
}
