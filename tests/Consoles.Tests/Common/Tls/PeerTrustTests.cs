using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Tls;

public sealed class PeerTrustTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly TestPki _pki;

    public PeerTrustTests() => _pki = new TestPki(clock: _clock);

    public void Dispose() => _pki.Dispose();

    [Theory]
    [InlineData("node1.example")]
    [InlineData("NODE1.example")]
    [InlineData("10.0.0.1")]
    [InlineData("2001:db8::1")]
    public void A_peer_with_one_of_the_names_passes(string name) =>
        Check(_pki.Server("node1.example", "10.0.0.1", "2001:DB8:0::1"), "other.example", name).Should().BeNull();

    [Fact]
    public void A_peer_of_an_unknown_authority_is_from_the_wrong_authority()
    {
        using var stranger = new TestPki("Stranger", _clock);
        Check(stranger.Server("node1"), "node1").Should().Contain("wrong authority").And.Contain("CN=Stranger");
    }

    [Fact]
    public void An_authority_of_the_same_name_is_still_the_wrong_one()
    {
        using var impostor = new TestPki("Test root", _clock);
        Check(impostor.Server("node1"), "node1").Should().Contain("wrong authority");
    }

    [Fact]
    public void A_self_signed_peer_is_from_the_wrong_authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var self = new CertificateRequest("CN=node1", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(_clock.GetUtcNow().AddDays(-1), _clock.GetUtcNow().AddDays(1));

        _pki.Trust(_clock).Check(self, null, PeerRole.Server, ["node1"]).Should().Contain("wrong authority");
    }

    [Fact]
    public void An_authority_without_its_root_is_an_anchor_for_those_it_issued_and_for_nobody_else()
    {
        using var authorities = new TestPki(clock: _clock);
        var issuer = authorities.Issuer("Node 1");
        var other = authorities.Issuer("Node 2");
        var anchors = PeerTrust.FromAnchorsPem(issuer.Certificate.ExportCertificatePem(), _clock);
        var request = new TestRequest { Names = ["node1"] };

        using var good = issuer.Issue(request).Leaf();
        using var stranger = other.Issue(request).Leaf();
        using var rootless = authorities.Issue(request).Leaf();
        using var expired = issuer.Issue(request with { NotBefore = _clock.GetUtcNow().AddDays(-2), NotAfter = _clock.GetUtcNow().AddDays(-1) }).Leaf();

        anchors.Check(good, null, PeerRole.Server, ["node1"]).Should().BeNull();
        anchors.Check(good, [authorities.Root], PeerRole.Server, ["node1"]).Should().BeNull();
        anchors.Check(good, null, PeerRole.Client, ["node1"]).Should().Contain("wrong use");
        anchors.Check(stranger, [other.Certificate, authorities.Root], PeerRole.Server, ["node1"]).Should().Contain("wrong authority");
        anchors.Check(rootless, [authorities.Root], PeerRole.Server, ["node1"]).Should().Contain("wrong authority");
        anchors.Check(expired, null, PeerRole.Server, ["node1"]).Should().Contain("expired");
    }

    [Fact]
    public void An_anchor_vouches_for_nothing_that_it_did_not_sign()
    {
        using var authorities = new TestPki(clock: _clock);
        using var impostors = new TestPki(clock: _clock);
        var anchors = PeerTrust.FromAnchorsPem(authorities.Issuer("Node 1").Certificate.ExportCertificatePem(), _clock);
        using var forged = impostors.Issuer("Node 1").Issue(new TestRequest { Names = ["node1"] }).Leaf();

        anchors.Check(forged, null, PeerRole.Server, ["node1"]).Should().NotBeNull();
    }

    [Fact]
    public void A_root_that_the_peer_sends_along_is_not_trusted()
    {
        using var stranger = new TestPki("Stranger", _clock);
        using var leaf = stranger.Server("node1").Leaf();
        _pki.Trust(_clock).Check(leaf, [stranger.Root], PeerRole.Server, ["node1"]).Should().Contain("wrong authority");
    }

    [Theory]
    [InlineData("node2.example")]
    [InlineData("node1")]
    [InlineData("x.node1.example")]
    [InlineData("10.0.0.2")]
    public void A_peer_without_the_name_has_the_wrong_name(string name) =>
        Check(_pki.Server("node1.example", "10.0.0.1"), name).Should()
            .Contain("wrong name").And.Contain("node1.example, 10.0.0.1").And.Contain($"not for {name}");

    [Fact]
    public void A_common_name_is_not_a_name() =>
        Check(_pki.Issue(new TestRequest { CommonName = "node1" }), "node1").Should().Contain("wrong name").And.Contain("for nobody");

    [Fact]
    public void A_wildcard_is_not_a_name() => Check(_pki.Server("*.example"), "node1.example").Should().Contain("wrong name");

    [Fact]
    public void An_address_written_as_a_DNS_name_is_not_an_address()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("10.0.0.1");
        Check(_pki.Issue(new TestRequest { Extensions = { names.Build() } }), "10.0.0.1").Should().Contain("wrong name");
    }

    [Fact]
    public void Asked_for_no_name_nobody_passes() => Check(_pki.Server("node1")).Should().Contain("wrong name");

    [Fact]
    public void An_expired_peer_has_expired()
    {
        var server = _pki.Issue(new TestRequest { Names = ["node1"], NotAfter = _clock.GetUtcNow().AddMinutes(5) });
        Check(server, "node1").Should().BeNull();
        _clock.Advance(TimeSpan.FromMinutes(6));
        Check(server, "node1").Should().Be("The certificate has expired, at 2026-11-22 12:05:00Z.");
    }

    [Fact]
    public void A_peer_of_tomorrow_is_not_valid_yet() =>
        Check(_pki.Issue(new TestRequest { Names = ["node1"], NotBefore = _clock.GetUtcNow().AddDays(1) }), "node1")
            .Should().Be("The certificate is not valid yet: its life begins at 2026-11-23 12:00:00Z.");

    [Fact]
    public void An_expired_authority_is_told_from_an_expired_peer()
    {
        var server = _pki.Issue(new TestRequest { Names = ["node1"], NotAfter = _clock.GetUtcNow().AddDays(999.9) });
        var late = new TestClock();
        late.Advance(TimeSpan.FromDays(999.95));
        Check(server, "node1").Should().BeNull();
        using var leaf = server.Leaf();
        _pki.Trust(late).Check(leaf, null, PeerRole.Server, ["node1"]).Should().Contain("has expired");

        var issuer = _pki.Issuer();
        var longer = issuer.Issue(new TestRequest { Names = ["node1"], NotAfter = _clock.GetUtcNow().AddDays(899) });
        Check(longer, "node1").Should().BeNull();
    }

    [Theory]
    [InlineData(TestPki.ClientAuth)]
    [InlineData(null)]
    public void A_peer_that_is_not_meant_for_a_server_is_for_the_wrong_use(string? use) =>
        Check(_pki.Issue(new TestRequest { Names = ["node1"], Use = use }), "node1").Should().Contain("wrong use");

    [Fact]
    public void A_server_is_no_client()
    {
        using var server = _pki.Server("node1").Leaf();
        using var client = _pki.Client("node1").Leaf();
        var trust = _pki.Trust(_clock);

        trust.Check(server, null, PeerRole.Client, ["node1"]).Should().Contain("wrong use");
        trust.Check(client, null, PeerRole.Client, ["node1"]).Should().BeNull();
    }

    [Fact]
    public void An_authority_is_no_peer() =>
        Check(_pki.Issue(new TestRequest { Names = ["node1"], IsAuthority = true }), "node1").Should().Contain("wrong use");

    [Fact]
    public void A_peer_of_an_authority_under_a_root_passes_when_it_sends_that_authority()
    {
        var server = _pki.Issuer().Issue(new TestRequest { Names = ["node1"] });
        Check(server, "node1").Should().BeNull();

        using var leaf = server.Leaf();
        _pki.Trust(_clock).Check(leaf, null, PeerRole.Server, ["node1"]).Should().Contain("wrong authority");
    }

    [Fact]
    public void An_authority_under_a_root_may_be_among_the_trusted_instead()
    {
        var issuer = _pki.Issuer();
        using var leaf = issuer.Issue(new TestRequest { Names = ["node1"] }).Leaf();
        var trust = PeerTrust.FromPem(_pki.RootPem + "\n" + issuer.Certificate.ExportCertificatePem(), _clock);

        trust.Check(leaf, null, PeerRole.Server, ["node1"]).Should().BeNull();
        trust.Roots.Should().ContainSingle();
    }

    [Fact]
    public void A_peer_that_sends_too_much_is_refused()
    {
        using var leaf = _pki.Server("node1").Leaf();
        var extra = new X509Certificate2Collection(Enumerable.Repeat(_pki.Root, 9).ToArray());
        _pki.Trust(_clock).Check(leaf, extra, PeerRole.Server, ["node1"]).Should().Contain("too large");

        var fat = _pki.Issue(new TestRequest { Names = ["node1"], Extensions = { new X509Extension("1.2.3.4", new byte[17_000], critical: false) } });
        Check(fat, "node1").Should().Contain("too large");
    }

    [Fact]
    public void A_malformed_name_is_refused_and_not_thrown() =>
        Check(_pki.Issue(new TestRequest { Extensions = { new X509Extension("2.5.29.17", [0x30, 0x05, 0x82], critical: false) } }), "node1")
            .Should().NotBeNull();

    [Fact]
    public void A_bundle_without_a_root_is_refused()
    {
        var issuer = _pki.Issuer().Certificate.ExportCertificatePem();
        FluentActions.Invoking(() => PeerTrust.FromPem(issuer, _clock)).Should().Throw<CryptographicException>().WithMessage("*no root*");
        FluentActions.Invoking(() => PeerTrust.FromPem("", _clock)).Should().Throw<CryptographicException>();
        FluentActions.Invoking(() => PeerTrust.FromPem(new string(' ', 300_000), _clock)).Should().Throw<CryptographicException>().WithMessage("*limit*");
        FluentActions.Invoking(() => new PeerTrust([], _clock)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void An_identity_whose_key_is_another_certificates_is_refused()
    {
        var one = _pki.Client("a");
        FluentActions.Invoking(() => TlsIdentity.FromPem(one.ChainPem, _pki.Client("b").KeyPem)).Should().Throw<CryptographicException>();
        FluentActions.Invoking(() => TlsIdentity.FromPem("", one.KeyPem)).Should().Throw<CryptographicException>();
        FluentActions.Invoking(() => TlsIdentity.FromPem(new string(' ', 70_000), "")).Should().Throw<CryptographicException>();
    }

    private string? Check(TestCertificate server, params string[] names)
    {
        using var leaf = server.Leaf();
        return _pki.Trust(_clock).Check(leaf, server.Extra(), PeerRole.Server, names);
    }
}
