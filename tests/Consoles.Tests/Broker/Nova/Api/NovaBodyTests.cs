using System.Net.Http.Headers;
using System.Text;

namespace Consoles.Tests.Broker.Nova.Api;

/// <summary>Bodies of requests that are not what they should be, before anything of them is looked at.</summary>
public sealed class NovaBodyTests(SharedNova shared) : IClassFixture<SharedNova>
{
    private readonly NovaUnderTest _nova = shared.Nova;

    [Theory]
    [InlineData("""{"os-getVNCConsole":{"type":"\ud800"}}""")]
    [InlineData("""{"\udc00":{}}""")]
    [InlineData("""{"os-getVNCConsole":{"type":"novnc","x":["\ud800"]}}""")]
    public async Task API_half_a_character_in_a_body_is_a_bad_request(string body)
    {
        var answer = await _nova.ActAsync(body);

        answer.Status.Should().Be(400);
        answer.Json.GetProperty("badRequest").GetProperty("message").GetString().Should().Be("Malformed request body");
        (await _nova.AskAsync("POST", $"/v2.1/servers/{NovaUnderTest.Id}/remote-consoles", body, version: "2.6")).Status.Should().Be(400);
        _nova.Broker.Logs.Text.Should().NotContain("A request to Nova's face failed");
    }

    [Theory]
    [InlineData("""{"auth":{"identity":{"methods":["\ud800"]}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"nova","password":"\ud800"}}}}}""")]
    [InlineData("""{"\ud800":1}""")]
    public async Task API_half_a_character_in_a_login_is_a_bad_request(string body)
    {
        (await _nova.AskAsync("POST", "/v3/auth/tokens", body, token: "")).Status.Should().Be(400);

        _nova.Broker.Logs.Text.Should().NotContain("A request to Nova's face failed");
    }

    [Fact]
    public async Task API_bytes_that_are_no_UTF_8_are_a_bad_request()
    {
        byte[] body = [.. "{\"os-getVNCConsole\":{\"type\":\""u8, 0xff, .. "\"}}"u8];

        (await PostAsync(body, "application/json")).Should().Be(400);
    }

    [Theory]
    [InlineData("application/vnd.openstack.compute+json", 200)]
    [InlineData("application/vnd.openstack.compute+json;version=2.1", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("text/plain", 415)]
    [InlineData("application/xml", 415)]
    public async Task API_a_body_says_that_it_is_JSON_in_one_of_Novas_words(string type, int status) =>
        (await PostAsync(Encoding.UTF8.GetBytes("""{"os-getVNCConsole":{"type":"novnc"}}"""), type)).Should().Be(status);

    private async Task<int> PostAsync(byte[] body, string type)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_nova.Root}/v2.1/servers/{NovaUnderTest.Id}/action") { Content = new ByteArrayContent(body) };
        request.Headers.Add("X-Auth-Token", _nova.Admin);
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
