using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Finds the token in a request, where Nova's clients put it.</summary>
internal static class ProxyToken
{
    private const string Name = "token";

    private static readonly SearchValues<char> NotOfNames = SearchValues.Create(" \t()<>@,;:\\\"/[]?={}");

    /// <summary>The token of the query, or else of a cookie; null when there is neither.</summary>
    /// <param name="malformed">Whether a part of the cookies could not be read, which the others do not suffer from.</param>
    public static string? Of(HttpRequest request, out bool malformed)
    {
        malformed = false;
        return LastOf(request.Query[Name]) ?? OfCookies(request.Headers.Cookie, out malformed);
    }

    public static string? LastOf(StringValues values) => values is [.., { Length: > 0 } last] ? last : null;

    internal static string? OfCookies(StringValues headers, out bool malformed)
    {
        string? token = null;
        malformed = false;

        foreach (var header in headers)
        {
            foreach (var part in (header ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                var (name, value) = equals > 0 ? (part[..equals].TrimEnd(), part[(equals + 1)..].TrimStart()) : ("", part);

                if (value is ['"', .., '"'])
                {
                    value = value[1..^1];
                }

                // RFC 6265, section 4.1.1: a name is a token of HTTP, a value has no blank, quote, comma, semicolon or backslash.
                if (name.Length == 0 || name.AsSpan().ContainsAny(NotOfNames) || !value.All(c => c is > ' ' and < '\x7f' and not ('"' or ',' or '\\')))
                {
                    malformed = true;
                }
                else if (name == Name && value.Length > 0)
                {
                    token = value;
                }
            }
        }

        return token;
    }
}
