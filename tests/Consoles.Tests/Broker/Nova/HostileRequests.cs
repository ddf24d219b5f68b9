namespace Consoles.Tests.Broker.Nova;

/// <summary>What no good client sends, for each listener of Nova's face.</summary>
internal static class HostileRequests
{
    /// <summary>More than 2,000 paths that lead out of a web root, or a browser to another host (CVE-2021-3654), where somebody believes them.</summary>
    public static IReadOnlyList<string> Paths { get; } = MakePaths();

    /// <summary>More headers than anybody needs (CVE-2024-37890).</summary>
    public static string TenThousandHeaders { get; } = $"GET /?token=a HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: y\r\n"))}\r\n";

    /// <summary>What is no host and no port (RFC 9110, section 7.2), or more than one.</summary>
    public static string[] Hosts { get; } =
    [
        "Host: a b", "Host: a\tb", "Host: [::1", "Host: ::1", "Host: [::1]x", "Host: a:b", "Host: a:1:2", "Host: a/b", "Host: a\\b", "Host: a?b", "Host: a#b", "Host: <a>", "Host: \"a\"", "Host: \u00e4",
        "Host: a\r\nHost: b", "Host: a\r\nHost: a", "X: y",
    ];

    /// <summary>Requests that somebody before or behind us might take for two, or for another one (request smuggling).</summary>
    /// <param name="path">Of the request that everybody sees.</param>
    /// <param name="hidden">The path of the other one.</param>
    public static IReadOnlyList<string> Smugglers(string path, string hidden)
    {
        var smuggled = $"GET {hidden} HTTP/1.1\r\nHost: a\r\n\r\n";
        var chunk = $"{smuggled.Length:x}\r\n{smuggled}\r\n0\r\n\r\n";
        var post = $"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
        string[] heads =
        [
            "Content-Length: 0\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4", "Content-Length: 0\r\nContent-Length: 5", "Content-Length: 0, 5",
            "Content-Length: +0", "Content-Length: -1", "Content-Length: 0x0", "Content-Length: 99999999999999999999", "Content-Length: 1 0", "Content-Length:\t0\t5",
            "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding : chunked", "Transfer-Encoding:\u000bchunked",
            "Transfer-Encoding: \u0000chunked", " Transfer-Encoding: chunked", "X: y\r\n Transfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked", "Transfer-Encoding\r\n: chunked",
            "Transfer_Encoding: chunked\r\nContent-Length: 0\r\nContent-Length: 1", "Content-Length: 0\r\nHost: b", "Content-Length: 0\u0000", ": empty", "No-Colon", "Content Length: 0",
        ];

        return
        [
            .. from head in heads from body in new[] { smuggled, chunk } select $"{post}{head}\r\n\r\n{body}",
            $"{post}Content-Length: {smuggled.Length}\r\n\r\n{smuggled}",
            $"{post}Transfer-Encoding: chunked\r\n\r\n{chunk}",
            $"{post}Transfer-Encoding: chunked\r\n\r\n{smuggled.Length:x};ext=\"\r\n\"\r\n{smuggled}\r\n0\r\n\r\n",
            $"{post}Transfer-Encoding: chunked\r\n\r\n0x{chunk}",
            $"{post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{smuggled}",
            $"POST {path} HTTP/0.9\r\nHost: a\r\n\r\n{smuggled}", $"POST  {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", $"POST {path} y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            $"\0POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", $"POST {path}\r\nHost: a\r\n\r\n", $"POST {path} HTTP/1.1\r\nConnection: close\r\n\r\n",
        ];
    }

    private static List<string> MakePaths()
    {
        string[] begins = ["/", "//", "///", "/\\", "/%5c", "/%2f", "/;", "/.", "/%2e%2e", "/..", "/%0d%0aLocation:%20http:", "/%c0%af", "/%c1%1c", "/app/", "/%00"];
        string[] middles = ["", "evil.example", "evil.example/..", "..%2f..%2f", "%2e%2e%2f", "..\\..\\", "../../../../", "%25%32%65/", "@evil.example", "%09", "app/..;/"];
        string[] ends = ["", "/", "/%2f..", "/etc/passwd", "%00.html", "?a=//evil.example", "#//x", ".hidden", "outside/secret.html", "/.hidden", "%2e", "out.html", "secret.html"];
        return (from begin in begins from middle in middles from end in ends select begin + middle + end).Distinct(StringComparer.Ordinal).ToList();
    }
}
