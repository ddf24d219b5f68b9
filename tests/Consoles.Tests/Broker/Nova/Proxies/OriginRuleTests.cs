using Consoles.Broker.Nova;
using Consoles.Broker.Nova.Proxies;
using Microsoft.AspNetCore.Http;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>Nova's origin rule by itself: what would take too long over sockets.</summary>
public sealed class OriginRuleTests
{
    private static readonly Uri Base = new("http://127.0.0.1:6080/vnc_auto.html");

    [Fact]
    public void NV_06_a_hundred_thousand_hosts_are_remembered_by_nobody()
    {
        const int Hosts = 100_000;

        // Nova's bug 2158919: the Host of each request was added to the list of allowed origins, which all requests share.
        var options = new NovaOptions { AllowedOrigins = ["dash.example"] };
        var rule = new OriginRule(options.AllowedOrigins);
        var (let, poisoned) = (0, 0);

        for (var i = 0; i < Hosts; i++)
        {
            let += WhyNot(rule, $"http://h{i}.evil.example", $"h{i}.evil.example") is null ? 1 : 0;
        }

        for (var i = 0; i < Hosts; i++)
        {
            poisoned += WhyNot(rule, $"http://h{i}.evil.example", "127.0.0.1:6080") == OriginRule.OtherHost ? 1 : 0;
        }

        (let, poisoned).Should().Be((Hosts, Hosts), because: "a page of the host that is asked is let in, and of no other");
        options.Should().BeEquivalentTo(new NovaOptions { AllowedOrigins = ["dash.example"] });
    }

    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:6080")]
    [InlineData("http://[::1]")]
    [InlineData("http://[::ffff:127.0.0.1]")]
    [InlineData("http://localhost")]
    [InlineData("http://10.0.0.5")]
    [InlineData("http://2130706433")]
    [InlineData("http://0x7f.1")]
    [InlineData("http://xn--dsh-6cd.example")]
    [InlineData("http://d\u0430sh.example")]
    [InlineData("http://dash.example.evil.example")]
    [InlineData("http://evil-dash.example")]
    [InlineData("http://dash.example.")]
    [InlineData("http://consoles.example.")]
    [InlineData("http://sub.consoles.example")]
    [InlineData("http://consoles.example@evil.example")]
    [InlineData("http://evil.example#consoles.example")]
    [InlineData("http://evil.example?consoles.example")]
    [InlineData("http://consoles.example%00.evil.example")]
    [InlineData("http://consoles.example http://evil.example")]
    [InlineData("http://evil.example, http://consoles.example")]
    [InlineData("http:consoles.example")]
    [InlineData("http:///consoles.example")]
    [InlineData("//consoles.example")]
    [InlineData("file://consoles.example")]
    [InlineData("chrome-extension://consoles.example")]
    [InlineData("null")]
    [InlineData("undefined")]
    public void NV_06_neither_an_address_nor_a_name_that_looks_alike_is_this_host(string origin) =>
        WhyNot(new OriginRule(["dash.example"]), origin, "consoles.example:6080").Should().NotBeNull();

    [Fact]
    public void NV_06_two_origins_are_none() =>
        new OriginRule([]).WhyNot(Request("consoles.example", "http://consoles.example", "http://evil.example"), Base, believed: false).Should().Be(OriginRule.NotValid);

    private static string? WhyNot(OriginRule rule, string origin, string host) => rule.WhyNot(Request(host, origin), Base, believed: true);

    private static HttpRequest Request(string host, params string[] origins)
    {
        var request = new DefaultHttpContext().Request;
        request.Host = new HostString(host);
        request.Headers.Origin = origins;
        return request;
    }
}
