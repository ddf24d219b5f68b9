using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Consoles.Broker.Authority;
using Consoles.Broker.Nodes;
using Consoles.Broker.Store;
using Consoles.Common.Link;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Consoles.Tests.Broker.Nodes;

public sealed class EnrolmentTests : IAsyncLifetime, IDisposable
{
    private readonly TestClock _clock = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private TestBroker _broker = null!;
    private HttpClient _client = null!;

    private NodeRegistry Nodes => _broker.Get<NodeRegistry>();

    public async Task InitializeAsync()
    {
        // Certificates are judged by the machine's clock, so the test's begins there.
        _clock.Advance(TimeProvider.System.GetUtcNow() - _clock.GetUtcNow());
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        _client = TestAgent.Of(_broker, "nobody", certificate: null).CreateClient();
    }

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task The_fleets_root_is_told_to_whoever_asks_and_is_what_the_join_token_pins()
    {
        var token = Nodes.Invite("node1", []).Token;

        using var root = X509Certificate2.CreateFromPem(await _client.GetStringAsync(LinkPaths.Authority));

        token.Pins(root.RawData).Should().BeTrue();
    }

    [Fact]
    public async Task A_certificate_bears_the_invited_name_and_the_requests_key_and_nothing_else_of_the_request()
    {
        var token = Nodes.Invite("node1", []).Token;
        var request = new CertificateRequest("CN=node2", _key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("node2");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));

        var answer = await EnrolAsync(token.Reveal(), request.CreateSigningRequestPem());

        answer.Node.Should().Be("node1");
        using var certificate = X509Certificate2.CreateFromPem(answer.Certificate);
        certificate.PublicKey.ExportSubjectPublicKeyInfo().Should().Equal(_key.ExportSubjectPublicKeyInfo());
        certificate.Subject.Should().Be("CN=node1");
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames().Should().Equal("node1");
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(use => use.Value).Should().Equal("1.3.6.1.5.5.7.3.2");
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.Should().BeFalse();
        (certificate.NotAfter.ToUniversalTime() - _clock.GetUtcNow().UtcDateTime).Should().BeCloseTo(TimeSpan.FromHours(24), TimeSpan.FromSeconds(2));
        (_clock.GetUtcNow().UtcDateTime - certificate.NotBefore.ToUniversalTime()).Should().BeCloseTo(TimeSpan.FromHours(1), TimeSpan.FromSeconds(2));
        certificate.SerialNumberBytes.Length.Should().Be(16);
    }

    [Fact]
    public async Task Of_twenty_who_present_one_token_on_two_brokers_one_is_enrolled()
    {
        await using var second = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(_clock), _broker.StateDirectory);
        using var elsewhere = TestAgent.Of(second, "nobody", certificate: null).CreateClient();
        var request = TestAgent.Request(_key);

        for (var round = 0; round < 5; round++)
        {
            var token = Nodes.Invite($"node{round}", []).Token.Reveal();

            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Task.Run(async () =>
            {
                using var answer = await PostAsync(number % 2 == 0 ? _client : elsewhere, token, request);
                return answer.StatusCode;
            })));

            answers.Count(status => status == HttpStatusCode.OK).Should().Be(1);
            answers.Count(status => status == HttpStatusCode.Forbidden).Should().Be(19);
        }
    }

    [Fact]
    public void Of_many_who_redeem_one_token_in_two_processes_one_wins()
    {
        var other = new NodeRegistry(
            new Database(Options.Create(new StoreOptions { Directory = _broker.StateDirectory })), _broker.Get<AuthorityRoots>(), _clock);

        for (var round = 0; round < 20; round++)
        {
            var token = Nodes.Invite("node1", []).Token;
            var won = 0;

            Parallel.For(0, 20, new ParallelOptions { MaxDegreeOfParallelism = 20 }, number =>
            {
                if ((number % 2 == 0 ? Nodes : other).Redeem(token) is not null)
                {
                    Interlocked.Increment(ref won);
                }
            });

            won.Should().Be(1);
        }
    }

    [Fact]
    public async Task Unknown_used_expired_and_malformed_tokens_get_one_answer()
    {
        var request = TestAgent.Request(_key);
        var expired = Nodes.Invite("node1", []).Token;
        _clock.Advance(NodeRegistry.InvitationLife);
        var used = Nodes.Invite("node2", []).Token;
        await EnrolAsync(used.Reveal(), request);
        var replaced = Nodes.Invite("node3", []).Token;
        Nodes.Invite("node3", []);
        var removed = Nodes.Invite("node4", []).Token;
        Nodes.Remove("node4");
        var unknown = JoinToken.Create([1]);

        var answers = new List<string>();

        foreach (var token in new[] { expired.Reveal(), used.Reveal(), replaced.Reveal(), removed.Reveal(), unknown.Reveal(), "cj1_x", "", null })
        {
            using var answer = await PostAsync(_client, token, request);
            answers.Add($"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }

        answers.Distinct().Should().ContainSingle().Which.Should().StartWith("Forbidden");
    }

    [Fact]
    public async Task A_token_is_good_until_its_fifteen_minutes_are_over()
    {
        var token = Nodes.Invite("node1", []).Token;
        _clock.Advance(NodeRegistry.InvitationLife - TimeSpan.FromMilliseconds(1));

        (await EnrolAsync(token.Reveal(), TestAgent.Request(_key))).Node.Should().Be("node1");
    }

    [Fact]
    public async Task A_request_that_cannot_be_signed_does_not_use_up_the_token()
    {
        var token = Nodes.Invite("node1", []).Token.Reveal();

        using var refused = await PostAsync(_client, token, "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----");

        refused.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await EnrolAsync(token, TestAgent.Request(_key))).Node.Should().Be("node1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1,2]")]
    [InlineData("{\"token\":5}")]
    [InlineData("{\"token\":\"x\",\"certificateRequest\":null}")]
    public async Task A_body_that_is_no_enrolment_is_a_bad_request(string body)
    {
        using var answer = await _client.PostAsync(LinkPaths.Enrol, new StringContent(body, Encoding.UTF8, "application/json"));

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_as_such()
    {
        using var answer = await _client.PostAsync(LinkPaths.Enrol, new StringContent(new string(' ', 20_000), Encoding.UTF8, "application/json"));

        answer.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task An_agent_renews_with_the_certificate_it_has_and_keeps_its_name()
    {
        using var agent = await TestAgent.EnrolAsync(_broker);
        using var client = agent.CreateClient();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        using var answer = await client.PostAsJsonAsync(LinkPaths.Renew, new EnrolmentRequest(null, TestAgent.Request(key)), LinkJson.Default.EnrolmentRequest);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        var renewed = (await answer.Content.ReadFromJsonAsync(LinkJson.Default.EnrolmentAnswer))!;
        renewed.Node.Should().Be("node1");
        using var certificate = X509Certificate2.CreateFromPem(renewed.Certificate).CopyWithPrivateKey(key);
        using var link = await TestAgent.Of(_broker, "node1", certificate).LinkAsync();
        await link.ReportAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(1200)]
    public async Task A_certificate_of_before_is_refused_however_soon_the_node_is_enrolled_anew(int milliseconds)
    {
        // The middle of a second, of which certificates tell no parts.
        _clock.Advance(TimeSpan.FromMilliseconds(1400 - _clock.GetUtcNow().Millisecond));
        using var before = await TestAgent.EnrolAsync(_broker);
        (await RenewAsync(before)).Should().Be(HttpStatusCode.OK);
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        using var after = await TestAgent.EnrolAsync(_broker);

        (await RenewAsync(before)).Should().Be(HttpStatusCode.Forbidden);
        (await RenewAsync(after)).Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_a_certificate_nothing_is_renewed()
    {
        using var answer = await _client.PostAsJsonAsync(LinkPaths.Renew, new EnrolmentRequest(null, TestAgent.Request(_key)), LinkJson.Default.EnrolmentRequest);

        answer.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    private async Task<HttpStatusCode> RenewAsync(TestAgent agent)
    {
        using var client = agent.CreateClient();
        using var answer = await client.PostAsJsonAsync(LinkPaths.Renew, new EnrolmentRequest(null, TestAgent.Request(_key)), LinkJson.Default.EnrolmentRequest);
        return answer.StatusCode;
    }

    private async Task<EnrolmentAnswer> EnrolAsync(string token, string request)
    {
        using var answer = await PostAsync(_client, token, request);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(LinkJson.Default.EnrolmentAnswer))!;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string? token, string request) =>
        client.PostAsJsonAsync(LinkPaths.Enrol, new EnrolmentRequest(token, request), LinkJson.Default.EnrolmentRequest);
}
