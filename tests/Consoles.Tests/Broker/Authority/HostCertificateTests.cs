using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Common.Link;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Authority;

/// <summary>What nodes get for their QEMUs, over the real listener.</summary>
public sealed class HostCertificateTests : IAsyncLifetime
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");

    private readonly TestClock _clock = new();
    private TestBroker _broker = null!;

    public async Task InitializeAsync()
    {
        // Certificates are judged by the machine's clock, so the test's begins there.
        _clock.Advance(TimeProvider.System.GetUtcNow() - _clock.GetUtcNow());
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));
    }

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_certificate_is_for_the_enrolled_name_and_addresses_a_server_and_seven_days()
    {
        using var agent = await TestAgent.EnrolAsync(_broker, "node1", Address);

        using var leaf = Leaf(await agent.OrderAsync());

        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        names.EnumerateDnsNames().Should().Equal("node1");
        names.EnumerateIPAddresses().Should().Equal(Address);
        leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value.Should().Be(TestPki.ServerAuth);
        leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.Should().BeFalse();
        new DateTimeOffset(leaf.NotBefore).Should().BeCloseTo(_clock.GetUtcNow() - TimeSpan.FromHours(1), TimeSpan.FromSeconds(2));
        new DateTimeOffset(leaf.NotAfter).Should().BeCloseTo(_clock.GetUtcNow() + TimeSpan.FromDays(7), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Without_an_address_of_the_invitation_the_one_that_the_agent_comes_from_is_named()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);

        using var leaf = Leaf(await agent.OrderAsync());

        leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateIPAddresses().Should().Equal(IPAddress.Loopback);
    }

    [Fact]
    public async Task The_chain_is_leaf_and_the_nodes_own_authority_and_the_bundle_that_authority_and_the_brokers()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);

        var answer = await agent.OrderAsync();

        var chain = Certificates(answer.Certificate);
        var bundle = Certificates(answer.Authorities);
        chain.Should().HaveCount(2);
        bundle.Select(authority => authority.Thumbprint).Should().Equal(chain[1].Thumbprint, _broker.Get<AuthorityRoots>().Clients.Thumbprint);
        var constraints = chain[1].Extensions.OfType<X509BasicConstraintsExtension>().Single();
        constraints.PathLengthConstraint.Should().Be(0);
        chain[1].Extensions.Should().Contain(extension => extension.Oid!.Value == "2.5.29.30" && extension.Critical);
    }

    [Fact]
    public async Task An_authority_is_kept_for_its_node_and_made_anew_at_half_its_life()
    {
        using var state = new TempDirectory();
        var clock = new TestClock();
        var first = await new TestAuthority(state.Path, clock).OrderAsync("node1");
        (await new TestAuthority(state.Path, clock).OrderAsync("node1")).Plan.Should().Be(first.Plan);

        clock.Advance(TimeSpan.FromDays(183));
        var authority = new TestAuthority(state.Path, clock);
        authority.Hosts.PlanOf("node1").Should().Be(first.Plan);
        var second = await authority.OrderAsync("node1");

        Issuer(second).Should().NotBe(Issuer(first));
        second.Plan.Should().NotBe(first.Plan).And.Be(authority.Hosts.PlanOf("node1"));
    }

    [Fact]
    public async Task Two_nodes_have_two_authorities()
    {
        using var one = await TestAgent.EnrolAsync(_broker, "node1");
        using var two = await TestAgent.EnrolAsync(_broker, "node2");

        Issuer(await one.OrderAsync()).Should().NotBe(Issuer(await two.OrderAsync()));
    }

    [Theory]
    [InlineData("node2", "192.0.2.7")]
    [InlineData("node1", "192.0.2.8")]
    public async Task What_a_nodes_authority_issues_for_other_names_is_no_certificate(string name, string address)
    {
        using var agent = await TestAgent.EnrolAsync(_broker, "node1", Address);
        await agent.OrderAsync();
        var known = _broker.Get<AuthorityState>().Current.IssuingOf("node1")[^1];
        using var issuer = _broker.Get<AuthorityRoots>().Files.Read(known.KeyFile!);
        var trust = new PeerTrust([_broker.Get<AuthorityRoots>().Hosts, issuer], _clock);
        using var good = Issuing.MakeServer(issuer, ["node1"], [Address], _clock.GetUtcNow(), TimeSpan.FromDays(1));
        using var bad = Issuing.MakeServer(issuer, [name], [IPAddress.Parse(address)], _clock.GetUtcNow(), TimeSpan.FromDays(1));

        trust.CheckAnyName(good, null, PeerRole.Server).Should().BeNull();
        trust.CheckAnyName(bad, null, PeerRole.Server).Should().NotBeNull();
    }

    [Fact]
    public async Task Another_nodes_certificate_is_refused_also_where_it_bears_the_right_name()
    {
        using var one = await TestAgent.EnrolAsync(_broker, "node1");
        using var two = await TestAgent.EnrolAsync(_broker, "node2");
        var (first, second) = (await one.OrderAsync(), await two.OrderAsync());
        var trust = _broker.Get<AuthorityGuestTrust>();

        Judge("node1", first, "node1").Should().BeNull();
        Judge("node2", first, "node2", "127.0.0.1").Should().Contain("not one that issues for this peer");
        Judge("node2", second, "node2").Should().BeNull();

        string? Judge(string node, HostCertificateAnswer answer, params string[] names)
        {
            var chain = Certificates(answer.Certificate);
            return trust.Of(node).Roots.Check(chain[0], [chain[1]], PeerRole.Server, names);
        }
    }

    [Fact]
    public async Task What_a_removed_node_was_issued_is_refused_and_a_new_enrolment_has_a_new_authority()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        var before = await agent.OrderAsync();

        _broker.Get<NodeRegistry>().Remove("node1");
        _clock.Advance(TimeSpan.FromSeconds(1));

        var chain = Certificates(before.Certificate);
        _broker.Get<AuthorityGuestTrust>().Of("node1").Roots.Check(chain[0], [chain[1]], PeerRole.Server, ["node1"]).Should().NotBeNull();
        using var refused = await agent.PostOrderAsync(NewRequest());
        refused.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        using var anew = await TestAgent.EnrolAsync(_broker);
        Issuer(await anew.OrderAsync()).Should().NotBe(Issuer(before));
    }

    [Fact]
    public async Task An_order_of_an_enrolment_that_is_over_makes_no_authority()
    {
        using var state = new TempDirectory();
        var authority = new TestAuthority(state.Path, _clock);
        var first = authority.Enrol("node1");
        authority.Nodes.Remove("node1");
        await RefusedAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var second = authority.Enrol("node1");
        await RefusedAsync();
        (await authority.OrderAsync("node1", second)).Certificate.Should().Contain("BEGIN");

        async Task RefusedAsync()
        {
            await FluentActions.Awaiting(() => authority.OrderAsync("node1", first)).Should().ThrowAsync<HostCertificateException>().WithMessage("*removed or enrolled anew*");
            authority.State.Current.IssuingOf("node1").Should().BeEmpty();
        }
    }

    [Fact]
    public async Task A_root_that_was_lost_and_made_anew_has_new_issuing_authorities_below_it()
    {
        using var state = new TempDirectory();
        var before = await new TestAuthority(state.Path, _clock).OrderAsync("node1");
        File.Delete(state[Path.Combine("authority", "hosts.pem")]);

        var authority = new TestAuthority(state.Path, _clock);
        authority.Hosts.PlanOf("node1").Should().NotBe(before.Plan);
        var after = await authority.OrderAsync("node1");

        after.Plan.Should().NotBe(before.Plan).And.Be(authority.Hosts.PlanOf("node1"));
        var chain = Certificates(after.Certificate);
        authority.Trust.Of("node1").Roots.Check(chain[0], [chain[1]], PeerRole.Server, ["node1"]).Should().BeNull();
    }

    [Fact]
    public async Task An_rsa_key_may_be_used_for_key_encipherment_too()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var key = RSA.Create(2048);
        using var response = await agent.PostOrderAsync(new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem());

        (await response.Content.ReadAsStringAsync()).Should().Contain("BEGIN CERTIFICATE");
        using var issuer = Issuing.MakeRoot("x", 0, _clock.GetUtcNow(), TimeSpan.FromDays(1));
        using var leaf = Issuing.IssueServer(issuer, new PublicKey(key), ["node1"], [], _clock.GetUtcNow(), TimeSpan.FromDays(1));
        leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.Should().Be(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----")]
    public async Task What_is_no_request_is_refused_in_words(string request)
    {
        using var agent = await TestAgent.EnrolAsync(_broker);

        using var response = await agent.PostOrderAsync(request);

        response.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).Should().Contain("certificate request");
    }

    [Fact]
    public async Task Nobody_without_a_certificate_gets_one()
    {
        using var stranger = TestAgent.Of(_broker, "node1", certificate: null);

        using var response = await stranger.PostOrderAsync(NewRequest());

        response.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_link_says_what_the_nodes_sets_are_to_be_made_to()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var link = await agent.LinkAsync();
        var before = await link.ReportAsync(certificates: null);

        var answer = await agent.OrderAsync();

        before.Should().NotBeNull().And.NotBe(answer.Plan);
        (await link.ReportAsync(certificates: null)).Should().Be(answer.Plan);
    }

    private static string NewRequest()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TestAgent.Request(key);
    }

    private static X509Certificate2 Leaf(HostCertificateAnswer answer) => X509Certificate2.CreateFromPem(answer.Certificate);

    private static string Issuer(HostCertificateAnswer answer) => Certificates(answer.Certificate)[1].Thumbprint;

    private static X509Certificate2Collection Certificates(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return all;
    }
}
