using System.Text;
using Consoles.Common.Relaying;

namespace Consoles.Broker.Viewers.Spice;

/// <summary>The HTTP of a tunnel, before it is one.</summary>
internal static class TunnelHead
{
    /// <summary>Reads the head of a request, and what came behind it already.</summary>
    /// <exception cref="ConnectException">It is too long, or the viewer left.</exception>
    public static async Task<(byte[] Head, byte[] Ahead)> ReadAsync(Stream viewer, CancellationToken cancellationToken)
    {
        var buffer = new byte[ConnectRequest.MaxBytes];
        var held = 0;

        while (held < buffer.Length)
        {
            var read = await viewer.ReadAsync(buffer.AsMemory(held), cancellationToken);

            if (read == 0)
            {
                throw new ConnectException("The viewer left before its request was whole.");
            }

            held += read;

            if (buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                end += "\r\n\r\n"u8.Length;
                return (buffer[..end], buffer[end..held]);
            }
        }

        throw new ConnectException($"The request is longer than {ConnectRequest.MaxBytes} bytes.");
    }

    public static Task AgreeAsync(Stream viewer, CancellationToken cancellationToken) =>
        viewer.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancellationToken).AsTask();

    /// <summary>Says why there is no tunnel. The viewer's connection is over then.</summary>
    /// <param name="status">As "403 Forbidden".</param>
    /// <param name="words">For a person; a viewer shows at most the status, in whose line they stand too.</param>
    public static Task RefuseAsync(Stream viewer, string status, string words, CancellationToken cancellationToken)
    {
        // A status line has no room for controls.
        var shown = string.Concat(words.Select(c => c is >= ' ' and <= '~' ? c : '?'));
        var body = words + "\n";
        var asks = status.StartsWith("407", StringComparison.Ordinal) ? "Proxy-Authenticate: Basic realm=\"consoles\", charset=\"UTF-8\"\r\n" : "";

        return viewer.WriteAsync(
            Encoding.UTF8.GetBytes(
                $"HTTP/1.1 {status}: {shown}\r\n{asks}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}"),
            cancellationToken).AsTask();
    }
}

/// <summary>An HTTP client asked for no tunnel that could be given.</summary>
internal sealed class ConnectException(string message) : ProtocolException(message);
