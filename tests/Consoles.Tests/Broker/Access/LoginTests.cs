using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Tests.Broker.Api;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Access;

public sealed class LoginTests : IAsyncLifetime
{
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync();

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_browser_logs_in_with_a_key_and_out_again()
    {
        var key = _broker.Get<ApiKeys>().Create(ApiRole.Operator, "dora", lifetime: null);
        using var login = await _broker.Http.SendAsync(FromPage(HttpMethod.Post, "/v1/login", new { key = key.Secret.Reveal() }));
        login.StatusCode.Should().Be(HttpStatusCode.OK);
        (await login.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("role").GetString().Should().Be("operator");
        var set = login.Headers.GetValues("Set-Cookie").Single();
        set.Should().MatchRegex("^consoles-login=[A-Za-z0-9_-]{43}; path=/; samesite=strict; httponly$");
        var cookie = set.Split(';')[0];

        using var list = new HttpRequestMessage(HttpMethod.Get, "/v1/domains");
        list.Headers.Add("Cookie", cookie);
        (await _broker.Http.SendAsync(list)).StatusCode.Should().Be(HttpStatusCode.OK);

        // What changes something must come from our own page: a cookie alone is sent by any.
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/v1/domains/web1/tokens") { Content = JsonContent.Create(new { }) };
        forged.Headers.Add("Cookie", cookie);
        forged.Headers.TryAddWithoutValidation("Origin", "http://evil.test");
        await ProblemAnswer.ShouldBeAsync(await _broker.Http.SendAsync(forged), 403, "other-origin");
        (await _broker.Http.SendAsync(FromPage(HttpMethod.Post, "/v1/domains/web1/tokens", new { }, cookie))).StatusCode.Should().Be(HttpStatusCode.Created);

        (await _broker.Http.SendAsync(FromPage(HttpMethod.Post, "/v1/logout", body: null, cookie))).StatusCode.Should().Be(HttpStatusCode.NoContent);
        await ProblemAnswer.ShouldBeAsync(await _broker.Http.SendAsync(FromPage(HttpMethod.Get, "/v1/domains", body: null, cookie)), 401, "not-authenticated");
    }

    [Fact]
    public async Task A_login_ends_with_its_key_and_a_wrong_key_is_none()
    {
        var key = _broker.Get<ApiKeys>().Create(ApiRole.Viewer, "emil", lifetime: null);
        using var login = await _broker.Http.SendAsync(FromPage(HttpMethod.Post, "/v1/login", new { key = key.Secret.Reveal() }));
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        _broker.Get<ApiKeys>().Revoke(key.Key.Id);

        await ProblemAnswer.ShouldBeAsync(await _broker.Http.SendAsync(FromPage(HttpMethod.Get, "/v1/domains", body: null, cookie)), 401, "not-authenticated");
        await ProblemAnswer.ShouldBeAsync(await _broker.Http.SendAsync(FromPage(HttpMethod.Post, "/v1/login", new { key = key.Secret.Reveal() })), 401, "not-authenticated");
        using var foreign = FromPage(HttpMethod.Post, "/v1/login", new { key = key.Secret.Reveal() });
        foreign.Headers.Remove("Origin");
        await ProblemAnswer.ShouldBeAsync(await _broker.Http.SendAsync(foreign), 403, "other-origin");
    }

    private HttpRequestMessage FromPage(HttpMethod method, string path, object? body, string? cookie = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", _broker.Origin);
        request.Headers.Add("X-Consoles", "1");

        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return request;
    }
}
