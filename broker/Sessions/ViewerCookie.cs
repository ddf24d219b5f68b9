using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Consoles.Broker.Sessions;

/// <summary>
/// Marks the browser that redeemed a token, so that its ticket is of no use in another one. By itself the cookie opens nothing.
/// </summary>
/// <remarks>A browser keeps its cookie, so that two consoles can be opened at a time. One that we did not make is not taken over: it could be known to someone else.</remarks>
internal sealed class ViewerCookie
{
    private const int SecretBytes = 32;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(SecretBytes);

    /// <summary>Browsers take a cookie with the prefix __Host- from us alone, and over HTTPS alone; plain HTTP is for loopback.</summary>
    public static string NameFor(HttpRequest request) => request.IsHttps ? "__Host-consoles" : "consoles";

    /// <summary>The cookie that this request shows, or null when it shows none of ours.</summary>
    public string? Read(HttpRequest request)
    {
        var cookie = request.Cookies[NameFor(request)];
        var secretLength = Base64Url.GetEncodedLength(SecretBytes);

        return cookie is not null
            && cookie.Length == 2 * secretLength
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(cookie[secretLength..]), Encoding.UTF8.GetBytes(SealOf(cookie[..secretLength])))
                ? cookie
                : null;
    }

    /// <summary>The cookie that this request shows, or a new one, which the answer then sets.</summary>
    public string Ensure(HttpContext context)
    {
        if (Read(context.Request) is { } known)
        {
            return known;
        }

        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var cookie = secret + SealOf(secret);

        context.Response.Cookies.Append(
            NameFor(context.Request),
            cookie,
            new CookieOptions { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true });

        return cookie;
    }

    private string SealOf(string secret) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(secret)));
}
