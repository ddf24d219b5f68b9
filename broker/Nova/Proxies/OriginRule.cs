using System.Buffers;
using System.Net;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Which pages may open a WebSocket here: Nova's rule, over a list that no request can change.</summary>
internal sealed class OriginRule(IEnumerable<string> allowed)
{
    public const string NotValid = "Origin header not valid.";
    public const string OtherHost = "Origin header does not match this host.";
    public const string OtherProtocol = "Origin header protocol does not match this host.";

    private static readonly SearchValues<char> NotOfOrigins = SearchValues.Create("\\@#? \t");

    private readonly HashSet<string> _allowed = new(allowed.Select(Plain), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the request is refused, in Nova's words; null when it may go on. A program that names no Origin is no page.</summary>
    /// <param name="baseUrl">Where this listener is reached, whose scheme the page must have been loaded by.</param>
    /// <param name="believed">Whoever forwards the request is known, and X-Forwarded-Proto is what it says.</param>
    public string? WhyNot(HttpRequest request, Uri baseUrl, bool believed)
    {
        var origins = request.Headers.Origin;

        if (origins.Count == 0)
        {
            return null;
        }

        // An Origin is a scheme and an authority without a user (RFC 6454, section 6.1). "null" is none, and so is all that browsers do not send.
        if (origins is not [{ Length: > 0 } text] || !Uri.TryCreate(text, UriKind.Absolute, out var origin) || origin.Host.Length == 0
            || origin.UserInfo.Length > 0 || origin.PathAndQuery != "/" || origin.Fragment.Length > 0 || text.EndsWith('/') || text.AsSpan().ContainsAny(NotOfOrigins))
        {
            return NotValid;
        }

        var scheme = origin.Scheme;

        if (believed && request.Headers.TryGetValue("X-Forwarded-Proto", out var forwarded))
        {
            if (forwarded is not [{ Length: > 0 } said])
            {
                return NotValid;
            }

            scheme = said;
        }

        var host = Plain(origin.IdnHost);

        if (!string.Equals(host, Plain(request.Host.Host), StringComparison.OrdinalIgnoreCase) && !_allowed.Contains(host))
        {
            return OtherHost;
        }

        return string.Equals(Web(scheme), Web(baseUrl.Scheme), StringComparison.OrdinalIgnoreCase) ? null : OtherProtocol;
    }

    /// <summary>A host as it is compared: an IPv6 address without brackets and in its one canonical spelling.</summary>
    private static string Plain(string host) =>
        IPAddress.TryParse(host, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? address.ToString() : host;

    private static string Web(string scheme) => scheme switch
    {
        "ws" => "http",
        "wss" => "https",
        _ => scheme,
    };
}
