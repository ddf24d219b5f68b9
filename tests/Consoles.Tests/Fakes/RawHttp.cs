using System.Net.Sockets;
using System.Text;

namespace Consoles.Tests.Fakes;

/// <summary>Sends a request as it stands, without a client that mends it first.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <param name="listener">Where to; its path does not count.</param>
    /// <param name="request">Ends with an empty line, and asks for the connection to be closed.</param>
    public static async Task<string> AskAsync(Uri listener, string request)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var connection = new TcpClient();
        await connection.ConnectAsync(listener.Host, listener.Port, limit.Token);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);

        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(limit.Token);
    }
}
