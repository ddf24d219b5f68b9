using System.Net.Http.Json;
using Consoles.Broker.Access;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Access;

public sealed class HttpsCookieTests
{
    [Fact]
    public async Task Over_https_both_cookies_are_bound_to_this_host_and_to_https()
    {
        await using var broker = await LiveBroker.StartAsync(settings: "--Listeners:People:Scheme=https");
        broker.Origin.Should().StartWith("https://");

        using var redeemed = await broker.Http.SendAsync(broker.RedeemRequest(broker.IssueToken()));
        var viewer = CookieOf(redeemed);
        viewer[0].Should().StartWith("__Host-consoles=");

        using var login = new HttpRequestMessage(HttpMethod.Post, "/v1/login")
        {
            Content = JsonContent.Create(new { key = broker.Get<ApiKeys>().Create(ApiRole.Viewer, "eve", lifetime: null).Secret.Reveal() }),
        };
        login.Headers.Add("Origin", broker.Origin);
        login.Headers.Add("X-Consoles", "1");
        using var loggedIn = await broker.Http.SendAsync(login);
        var browser = CookieOf(loggedIn);
        browser[0].Should().StartWith("__Host-").And.NotStartWith("__Host-consoles=");

        foreach (var attributes in new[] { viewer, browser })
        {
            attributes.Skip(1).Should().Contain(["path=/", "secure", "httponly", "samesite=strict"]);
            attributes.Should().NotContain(attribute => attribute.StartsWith("domain=", StringComparison.Ordinal));
        }
    }

    private static string[] CookieOf(HttpResponseMessage answer)
    {
        answer.IsSuccessStatusCode.Should().BeTrue();
        var parts = answer.Headers.GetValues("Set-Cookie").Single().Split("; ");
        return [parts[0], .. parts.Skip(1).Select(part => part.ToLowerInvariant())];
    }
}
