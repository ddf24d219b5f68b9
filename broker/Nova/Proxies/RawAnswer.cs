using System.Text;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Answers on a connection that is no HTTP server's.</summary>
internal static class RawAnswer
{
    public static byte[] Of(int status, string reason, string body, string contentType = "text/html", string more = "") =>
        Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} {reason}\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n{more}\r\n{body}");

    /// <summary>For a head that could not be read.</summary>
    public static byte[] OfFault(int status) => status == StatusCodes.Status431RequestHeaderFieldsTooLarge
        ? Of(status, "Request Header Fields Too Large", "Too many headers.")
        : Of(status, "Invalid Request", "Invalid Request");
}
