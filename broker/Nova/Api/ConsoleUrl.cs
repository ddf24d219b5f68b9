using Microsoft.AspNetCore.WebUtilities;

namespace Consoles.Broker.Nova.Api;

/// <summary>The addresses that open consoles, in exactly Nova's forms.</summary>
internal static class ConsoleUrl
{
    /// <summary>For noVNC's page, which takes the path of its WebSocket, and the token in it, from the argument "path".</summary>
    /// <param name="baseUrl">Its other arguments stay as they are; a path that is there goes before the token.</param>
    public static string ForNoVnc(string baseUrl, string token)
    {
        var (address, query) = Split(baseUrl);
        var arguments = new List<string>();
        var added = false;

        foreach (var argument in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!added && argument.StartsWith("path=", StringComparison.Ordinal))
            {
                var path = Uri.UnescapeDataString(argument["path=".Length..].Replace('+', ' '));
                arguments.Add(PathArgument(path, token));
                added = true;
            }
            else
            {
                arguments.Add(argument);
            }
        }

        if (!added)
        {
            arguments.Add(PathArgument("", token));
        }

        return $"{address}?{string.Join('&', arguments)}";
    }

    /// <summary>For everything else: the token is an argument.</summary>
    public static string Plain(string baseUrl, string token) => QueryHelpers.AddQueryString(baseUrl, "token", token);

    private static string PathArgument(string path, string token) =>
        $"path={Uri.EscapeDataString($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}token={token}")}";

    private static (string Address, string Query) Split(string url) =>
        url.Split('#')[0].Split('?', 2) is [var address, var query] ? (address, query) : (url.Split('#')[0], "");
}
