using System.Net.Sockets;
using System.Text;

namespace Consoles.Tests.Fakes;

/// <summary>Sends a request as it stands, without a client that mends it first.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What came before the connection was closed, with whatever ceremony: who leaves what was sent unread may reset it.</summary>
    /// <param name="listener">Where to; its path does not count.</param>
    /// <param name="request">Ends with an empty line, and asks for the connection to be closed.</param>
    public static async Task<string> AskAsync(Uri listener, string request)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var connection = new TcpClient();
        await connection.ConnectAsync(listener.Host, listener.Port, limit.Token);
        var stream = connection.GetStream();
        using var answer = new MemoryStream();

        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);
        }
        catch (IOException)
        {
            // The answer came before all of the request was taken.
        }

        try
        {
            await stream.CopyToAsync(answer, limit.Token);
        }
        catch (IOException)
        {
            // It was reset.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
