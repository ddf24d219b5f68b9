using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Common.Link;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Authority;

/// <summary>The steps themselves, each taken by a process of its own on one state directory.</summary>
public sealed class RollOverTests : IDisposable
{
    private readonly TempDirectory _state = new();
    private readonly TestClock _clock = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task Of_hosts_nodes_are_trusted_under_both_roots_until_the_old_one_is_retired()
    {
        var old = await Started().OrderAsync("node1");

        Take(AuthorityCircle.Hosts, RollOverStep.Prepare);
        Fault(old).Should().BeNull();
        Started().Hosts.PlanOf("node1").Should().Be(old.Plan, because: "nodes have nothing to do yet");

        Take(AuthorityCircle.Hosts, RollOverStep.Activate);
        Started().Hosts.PlanOf("node1").Should().NotBe(old.Plan);
        var anew = await Started().OrderAsync("node1");
        Fault(old).Should().BeNull();
        Fault(anew).Should().BeNull();
        Started().Hosts.PlanOf("node1").Should().Be(anew.Plan).And.NotBe(old.Plan);

        Take(AuthorityCircle.Hosts, RollOverStep.Retire);
        Fault(old).Should().Contain("wrong authority");
        Fault(anew).Should().BeNull();
        Started().Hosts.PlanOf("node1").Should().Be(anew.Plan);
    }

    [Fact]
    public async Task Of_hosts_a_roll_back_issues_under_the_old_root_again_and_refuses_nobody()
    {
        var old = await Started().OrderAsync("node1");
        Take(AuthorityCircle.Hosts, RollOverStep.Prepare);
        Take(AuthorityCircle.Hosts, RollOverStep.Activate);
        var anew = await Started().OrderAsync("node1");

        Take(AuthorityCircle.Hosts, RollOverStep.RollBack);
        var back = await Started().OrderAsync("node1");

        new[] { Fault(old), Fault(anew), Fault(back) }.Should().AllBeEquivalentTo((string?)null);
        Take(AuthorityCircle.Hosts, RollOverStep.RollBack);
        Fault(anew).Should().NotBeNull();
        Fault(back).Should().BeNull();
        Roots(AuthorityCircle.Hosts).Should().Equal((1, RootState.Current));
    }

    [Fact]
    public async Task Of_clients_bundles_change_with_prepare_and_retire_and_brokers_with_activate()
    {
        var first = await Started().OrderAsync("node1");
        Take(AuthorityCircle.Clients, RollOverStep.Prepare);
        var both = await Started().OrderAsync("node1");
        Certificates(both.Authorities).Should().HaveCount(3);
        both.Plan.Should().NotBe(first.Plan);
        Started().Client.Current.Issuer.Should().Be("CN=Consoles clients");

        Take(AuthorityCircle.Clients, RollOverStep.Activate);
        Started().Hosts.PlanOf("node1").Should().Be(both.Plan);
        Started().Client.Current.Issuer.Should().Be("CN=Consoles clients-2");

        Take(AuthorityCircle.Clients, RollOverStep.Retire);
        var last = await Started().OrderAsync("node1");
        Certificates(last.Authorities).Select(authority => authority.Subject).Should().HaveCount(2).And.Contain("CN=Consoles clients-2");
        last.Plan.Should().NotBe(both.Plan);
    }

    [Fact]
    public void A_running_broker_shows_a_certificate_of_the_new_root_within_seconds()
    {
        var running = Started();
        var before = running.Client.Current;
        before.Subject.Should().Contain("O=Consoles brokers");
        Take(AuthorityCircle.Clients, RollOverStep.Prepare);
        Take(AuthorityCircle.Clients, RollOverStep.Activate);

        _clock.Advance(TimeSpan.FromSeconds(1));

        running.Client.Current.Issuer.Should().Be("CN=Consoles clients-2").And.NotBe(before.Issuer);
    }

    [Theory]
    [InlineData("hosts")]
    [InlineData("clients")]
    public void Every_step_taken_twice_is_taken_once(string word)
    {
        var circle = Enum.Parse<AuthorityCircle>(word, ignoreCase: true);

        foreach (var (step, expected) in new[]
        {
            (RollOverStep.Prepare, new[] { (1, RootState.Current), (2, RootState.Next) }),
            (RollOverStep.Activate, [(1, RootState.Previous), (2, RootState.Current)]),
            (RollOverStep.Retire, [(2, RootState.Current)]),
        })
        {
            Take(circle, step);
            Take(circle, step);
            Roots(circle).Should().Equal(expected);
        }
    }

    [Fact]
    public void A_root_whose_maker_was_killed_before_it_was_noted_is_the_next_one()
    {
        var killed = Started();
        killed.Roots.MakeFurther(AuthorityCircle.Clients, 2);
        var left = killed.Roots.Get(AuthorityCircle.Clients, 2).Thumbprint;
        Roots(AuthorityCircle.Clients).Should().ContainSingle();

        Take(AuthorityCircle.Clients, RollOverStep.Prepare);

        Started().State.Current.Of(AuthorityCircle.Clients).Last().Certificate.Thumbprint.Should().Be(left);
    }

    [Fact]
    public void A_step_out_of_its_turn_is_refused_and_changes_nothing()
    {
        Refused(RollOverStep.Activate);
        Take(AuthorityCircle.Hosts, RollOverStep.Prepare);
        Refused(RollOverStep.Retire);
        Take(AuthorityCircle.Hosts, RollOverStep.Activate);
        Refused(RollOverStep.Prepare);
        Roots(AuthorityCircle.Hosts).Should().Equal((1, RootState.Previous), (2, RootState.Current));

        void Refused(RollOverStep step) => FluentActions.Invoking(() => Take(AuthorityCircle.Hosts, step)).Should().Throw<RollOverException>();
    }

    [Fact]
    public async Task After_a_revocation_the_new_root_of_brokers_is_the_only_one_in_bundles()
    {
        var before = await Started().OrderAsync("node1");
        var authority = Started();
        new RollOver(authority.State, authority.Roots, _clock).Revoke(AuthorityCircle.Clients);

        var after = await Started().OrderAsync("node1");

        Certificates(after.Authorities).Select(one => one.Subject).Should().HaveCount(2).And.Contain("CN=Consoles clients-2").And.NotContain("CN=Consoles clients");
        after.Plan.Should().NotBe(before.Plan);
        Started().Client.Current.Issuer.Should().Be("CN=Consoles clients-2");
        Fault(before).Should().BeNull(because: "hosts are another circle");
    }

    private TestAuthority Started() => new(_state.Path, _clock);

    private string Take(AuthorityCircle circle, RollOverStep step)
    {
        var authority = Started();
        return new RollOver(authority.State, authority.Roots, _clock).Take(circle, step);
    }

    private IEnumerable<(int, RootState)> Roots(AuthorityCircle circle) => Started().State.Current.Of(circle).Select(root => (root.Number, root.State));

    private string? Fault(HostCertificateAnswer served)
    {
        var chain = Certificates(served.Certificate);
        return Started().Trust.Of("node1").Roots.Check(chain[0], [chain[1]], PeerRole.Server, ["node1"]);
    }

    private static X509Certificate2Collection Certificates(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return all;
    }
}
