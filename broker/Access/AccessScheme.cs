using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Access;

/// <summary>Authenticates by API key: in the Authorization header (RFC 6750), or by the cookie of a browser that was logged in with one.</summary>
internal sealed class AccessScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logs,
    UrlEncoder encoder,
    ApiKeys keys,
    BrowserLogins logins,
    FailureLimits failures) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string Name = "consoles";

    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        // Another scheme is no attempt at a key: an agent shows the secret of a stream in the same header.
        if (Request.Headers.Authorization is [{ } header] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return ByHeader(header);
        }

        if (Request.Cookies[BrowserLogins.CookieName(Request)] is { } cookie && logins.KeyOf(cookie) is { } id && keys.Find(id) is { } key)
        {
            return Allow(key);
        }

        return AuthenticateResult.NoResult();
    }

    private AuthenticateResult ByHeader(string header)
    {
        var remote = Context.Connection.RemoteIpAddress;

        if (failures.WaitOf(remote) is not null)
        {
            return AuthenticateResult.Fail("Too many wrong keys came from this network.");
        }

        if (keys.Verify(header[Bearer.Length..].Trim()) is { } key)
        {
            // The browser adds no such header by itself: such a request is not one that a foreign page made it send.
            Context.Features.Set(ByHeaderMark.Instance);
            return Allow(key);
        }

        failures.Count(remote);
        Logger.KeyRefused(remote);
        return AuthenticateResult.Fail("The API key is not valid.");
    }

    private static AuthenticateResult Allow(ApiKey key)
    {
        var claims = new[]
        {
            new Claim(ClaimTypes.Name, key.Name),
            new Claim(Caller.KeyIdClaim, key.Id),
            new Claim(ClaimTypes.Role, key.Role.ToString()),
        };

        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, Name)), Name));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (failures.WaitOf(Context.Connection.RemoteIpAddress) is { } wait)
        {
            await Problem.TooMany.Result(Context, wait).ExecuteAsync(Context);
            return;
        }

        Response.Headers.WWWAuthenticate = "Bearer";
        await Problem.NotAuthenticated.Result().ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problem.NotAllowed.Result().ExecuteAsync(Context);

    /// <summary>Set on a request that showed its key in a header.</summary>
    internal sealed class ByHeaderMark
    {
        public static readonly ByHeaderMark Instance = new();
    }
}
