using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Access;

/// <summary>Who is logged in by browser. In memory, as digests: a broker that starts anew asks everyone to log in again.</summary>
internal sealed class BrowserLogins(TimeProvider clock, IOptions<AccessOptions> options)
{
    private const int SecretBytes = 32;

    // Each costs a valid key, so this is not a limit that a stranger can fill.
    private const int MaxLogins = 10_000;

    private readonly ConcurrentDictionary<string, Login> _logins = new(StringComparer.Ordinal);

    /// <summary>The cookie's name. Browsers take one with the prefix __Host- from us alone, and over HTTPS alone; plain HTTP is for loopback.</summary>
    public static string CookieName(HttpRequest request) => request.IsHttps ? "__Host-consoles-login" : "consoles-login";

    public static CookieOptions CookieOptions(HttpRequest request) =>
        new() { HttpOnly = true, Secure = request.IsHttps, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true };

    /// <returns>The secret for the cookie.</returns>
    public string Begin(ApiKey key)
    {
        var now = clock.GetUtcNow();

        foreach (var (old, login) in _logins)
        {
            if (login.Until <= now || _logins.Count > MaxLogins)
            {
                _logins.TryRemove(old, out _);
            }
        }

        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        _logins[DigestOf(secret)] = new Login(key.Id, now + options.Value.LoginLifetime);
        return secret;
    }

    /// <summary>The id of the key that this browser was logged in with, or null. Whether that key is still good is for the caller to ask.</summary>
    public string? KeyOf(string secret) =>
        _logins.TryGetValue(DigestOf(secret), out var login) && clock.GetUtcNow() < login.Until ? login.KeyId : null;

    public void End(string secret) => _logins.TryRemove(DigestOf(secret), out _);

    // Looking up by digest tells nothing about the secret by the time it takes.
    private static string DigestOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed record Login(string KeyId, DateTimeOffset Until);
}
