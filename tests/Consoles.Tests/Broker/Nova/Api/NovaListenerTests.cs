using System.Net;
using Consoles.Broker;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Consoles.Broker.Nova.Api;
using Consoles.Broker.Nova.Proxies;
using Consoles.Tests.Broker.Nova.Proxies;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>The API's listener: what strangers send it, how it is secured, and when it is there.</summary>
public sealed class NovaListenerTests(SharedNova shared) : IClassFixture<SharedNova>, IDisposable
{
    private readonly TempDirectory _state = new();
    private readonly Uri _root = new(shared.Nova.Root);

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task API_ten_thousand_headers_are_431() =>
        (await RawHttp.AskAsync(_root, $"GET /v2.1/ HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 10_000).Select(i => $"A{i}: b\r\n"))}\r\n")).Should().StartWith("HTTP/1.1 431 ");

    [Theory]
    [InlineData("POST /v3/auth/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v2.1/ HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST /v3/auth/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}GET /v2.1/ HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v2.1/ HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /v2.1/ HTTP/1.1\r\nHost: local host\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /v2.1/ HTTP/1.1\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /v2.1/\u0000 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    public async Task API_a_request_that_can_be_read_in_two_ways_is_read_in_none(string request)
    {
        var answer = await RawHttp.AskAsync(_root, request);

        answer.Should().StartWith("HTTP/1.1 400 ");
        answer.Should().NotContain("CURRENT");
    }

    [Fact]
    public async Task API_over_TLS_it_shows_the_certificate_that_people_are_shown()
    {
        await using var nova = await NovaUnderTest.StartAsync(clock: null, "--Nova:Api:Scheme=https");
        var fleet = nova.Broker.Get<AuthorityRoots>().Fleet;
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, chain, _) => chain is not null && TestTls.Trusts(fleet, chain) } });

        (await client.GetStringAsync(nova.Root.Replace("http:", "https:", StringComparison.Ordinal) + "/v2.1/")).Should().Contain("https://");
    }

    [Fact]
    public async Task API_it_and_the_proxies_show_the_certificate_of_this_face_and_take_a_renewed_one_without_a_restart()
    {
        var (cert, key) = (_state["cert.pem"], _state["key.pem"]);
        var first = ProxyTlsTests.WriteCertificate(cert, key);
        await using var nova = await NovaUnderTest.StartAsync(clock: null, "--Nova:Api:Scheme=https", $"--Nova:CertificateFile={cert}", $"--Nova:KeyFile={key}");
        int[] ports = [new Uri(nova.Root).Port, nova.Broker.Get<ProxyListeners>().NoVnc.EndPoint.Port, nova.Broker.Get<ProxyListeners>().XvpVnc.EndPoint.Port];
        await ShouldShowAsync(ports, first);

        // Half of a renewal is none: the pair from before is shown until both files fit.
        var second = ProxyTlsTests.WriteCertificate(cert, _state["later.pem"]);
        await ShouldShowAsync(ports, first);

        File.Move(_state["later.pem"], key, overwrite: true);
        await ShouldShowAsync(ports, second);
    }

    [Fact]
    public async Task CF_a_certificate_that_cannot_be_used_is_said_before_anything_listens()
    {
        await File.WriteAllTextAsync(_state["cert.pem"], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        await FluentActions.Awaiting(() => NovaUnderTest.StartAsync(
                clock: null, "--Nova:Api:Scheme=https", "--Nova:NoVnc:Enabled=false", "--Nova:XvpVnc:Enabled=false", "--Nova:Spice:Enabled=false", "--Nova:Serial:Enabled=false",
                "--Nova:SpiceDirect:Enabled=false", $"--Nova:CertificateFile={_state["cert.pem"]}"))
            .Should().ThrowAsync<StartException>().WithMessage("Nova:CertificateFile*cert.pem*cannot be used*");
    }

    private static async Task ShouldShowAsync(int[] ports, string hash)
    {
        foreach (var port in ports)
        {
            await using var tls = await ProxyTlsTests.ConnectTlsAsync(port);
            tls.RemoteCertificate!.GetCertHashString().Should().Be(hash);
        }
    }

    [Fact]
    public async Task API_nothing_of_it_listens_unless_it_is_switched_on()
    {
        await using var broker = await TestBroker.StartAsync();

        broker.Get<NovaApiListener>().Listener.IsOn.Should().BeFalse();
        using var client = broker.CreateClient(broker.CreateKey());
        (await client.GetAsync("/v2.1/")).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("--Nova:Api:Address=0.0.0.0", "--Nova:Api:Scheme=http", "plain http is for loopback alone")]
    [InlineData("--Nova:Keystone:Url=https://k.example/v3", "--Nova:Enabled=true", "either a user with a password is given, or a token")]
    [InlineData("--Nova:Keystone:Url=k.example", "--Nova:Keystone:Token=t", "expected a URL with http or https")]
    [InlineData("--Nova:Keystone:Url=https://k.example/v3", "--Nova:Keystone:CaFile=/none.pem", "there is no such file. Found: /none.pem.")]
    [InlineData("--Nova:AuthSchemes:0=tls", "--Nova:TokenTtl=5", "a scheme is none or vencrypt. Found: tls.")]
    [InlineData("--Nova:KeyFile=/k.pem", "--Nova:TokenTtl=5", "a key is given together with its certificate")]
    [InlineData("--Nova:NoVnc:BaseUrl=vnc_auto.html", "--Nova:TokenTtl=5", "expected a URL with http, https, ws or wss. Found: vnc_auto.html.")]
    public void CF_a_setting_that_is_wrong_is_told_before_anything_listens(string one, string other, string fault) =>
        FluentActions.Invoking(() => BrokerHost.Build([$"--Store:Directory={_state.Path}", one, other])).Should().Throw<SettingsException>().Which.Faults.Should().Contain(found => found.Contains(fault));
}
