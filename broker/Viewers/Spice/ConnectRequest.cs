using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Viewers.Spice;

/// <summary>What an HTTP client asks a proxy for that is to be a tunnel (RFC 9110, section 9.3.6). Where it wants to go is never gone to.</summary>
/// <param name="Host">The host asked for, without the port.</param>
/// <param name="User">The user of the proxy's Basic credentials as it came, or null. Clients of SPICE do not decode percents in it (RFC 7617 has none).</param>
/// <param name="Password">Of the same.</param>
internal sealed record ConnectRequest(string Host, string? User, string? Password)
{
    /// <summary>Of the whole head: the request's line, its headers, and the empty line.</summary>
    public const int MaxBytes = 8 * 1024;

    /// <summary>What may be a token, the likeliest first: the user, the password, the host's first label, which clients write in small letters.</summary>
    public IEnumerable<string> Candidates => new[] { User, Password, Host.Split('.')[0] }.OfType<string>().Where(candidate => candidate.Length > 0);

    public bool HasCredentials => User is { Length: > 0 } || Password is { Length: > 0 };

    /// <summary>Reads a head, its empty line included.</summary>
    /// <param name="fault">What is wrong with it, in words.</param>
    public static bool TryRead(ReadOnlySpan<byte> head, [NotNullWhen(true)] out ConnectRequest? request, [NotNullWhen(false)] out string? fault)
    {
        request = null;

        if (!Ascii.IsValid(head))
        {
            fault = "The request has control characters.";
            return false;
        }

        if (!RequestHead.TryRead(head, out var read, out var whyNot))
        {
            fault = whyNot.Words;
            return false;
        }

        if (read.Method != "CONNECT")
        {
            fault = "This is a proxy for SPICE viewers, and CONNECT is all that it knows.";
            return false;
        }

        if (HostOf(read.Target) is not { } host)
        {
            fault = "The request's line is not CONNECT HOST:PORT HTTP/1.1.";
            return false;
        }

        if (read.Headers.Any(header => Is(header, "Transfer-Encoding") || (Is(header, "Content-Length") && header.Value != "0")))
        {
            fault = "CONNECT has no body.";
            return false;
        }

        var credentials = read.Headers.Where(header => Is(header, "Proxy-Authorization")).Select(header => header.Value).ToList();

        if (credentials.Count > 1)
        {
            fault = "The request has several Proxy-Authorization headers.";
            return false;
        }

        var (user, password) = credentials is [{ } shown] ? BasicOf(shown) : (null, null);
        (request, fault) = (new ConnectRequest(host, user, password), null);
        return true;
    }

    /// <summary>Does not print the credentials, nor the host, which may be one.</summary>
    public override string ToString() => nameof(ConnectRequest);

    private static bool Is(KeyValuePair<string, string> header, string name) => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static string? HostOf(string authority)
    {
        var colon = authority.LastIndexOf(':');

        return colon > 0 && ushort.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && Uri.CheckHostName(authority[..colon].Trim('[', ']')) != UriHostNameType.Unknown
                ? authority[..colon]
                : null;
    }

    private static (string? User, string? Password) BasicOf(string credentials)
    {
        if (!AuthenticationHeaderValue.TryParse(credentials, out var shown) || !shown.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || shown.Parameter is null)
        {
            return (null, null);
        }

        var bytes = new byte[shown.Parameter.Length];

        if (!Convert.TryFromBase64String(shown.Parameter, bytes, out var count))
        {
            return (null, null);
        }

        var parts = Encoding.UTF8.GetString(bytes, 0, count).Split(':', 2);
        return (parts[0], parts.Length > 1 ? parts[1] : null);
    }
}
