using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Consoles.Common.Serial;

namespace Consoles.Benchmarks;

/// <summary>Clients that do all that is wanted of them, at once.</summary>
internal static class GoodClients
{
    public static readonly byte[] Greeting = "RFB 003.008\n"u8.ToArray();

    /// <summary>The same, as the frames of a shared line.</summary>
    public static readonly byte[] GreetingOnALine = [.. SerialFrame.Encode(SerialFrameType.Live, []), .. SerialFrame.Encode(SerialFrameType.Data, Greeting)];

    public static async Task<Stream> NoVncAsync(NetworkStream client, string token, CancellationToken limit)
    {
        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"), limit);
        return await ReadGreetingAsync(client, limit);
    }

    /// <summary>RFB 3.8 with VeNCrypt's X509Plain.</summary>
    public static async Task<Stream> VncAsync(NetworkStream client, string token, CancellationToken limit)
    {
        foreach (var (read, write) in new (int Read, byte[] Write)[] { (12, Greeting), (2, [19]), (2, [0, 2]), (6, [0, 0, 1, 6]), (1, []) })
        {
            await client.ReadExactlyAsync(new byte[read], limit);
            await client.WriteAsync(write, limit);
        }

        var tls = await SecureAsync(client, limit);
        var credentials = new byte[8 + token.Length];
        BinaryPrimitives.WriteInt32BigEndian(credentials.AsSpan(4), token.Length);
        Encoding.ASCII.GetBytes(token, credentials.AsSpan(8));
        await tls.WriteAsync(credentials, limit);
        return await ReadGreetingAsync(tls, limit);
    }

    public static async Task<Stream> SpiceAsync(NetworkStream client, string token, CancellationToken limit)
    {
        await client.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {token}:1 HTTP/1.1\r\n\r\n"), limit);
        await client.ReadExactlyAsync(new byte["HTTP/1.1 200 Connection established\r\n\r\n".Length], limit);
        var tls = await SecureAsync(client, limit);
        await tls.WriteAsync("REDQ"u8.ToArray(), limit);
        return await ReadGreetingAsync(tls, limit);
    }

    public static async Task<Stream> SerialAsync(NetworkStream client, string token, CancellationToken limit)
    {
        var tls = await SecureAsync(client, limit);
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"{token}\n"), limit);
        return await ReadGreetingAsync(tls, limit);
    }

    public static async Task<Stream> TelnetAsync(NetworkStream client, string token, CancellationToken limit)
    {
        var tls = await SecureAsync(client, limit);
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"{token}\r"), limit);
        return await ReadGreetingAsync(tls, limit);
    }

    private static async Task<SslStream> SecureAsync(NetworkStream client, CancellationToken limit)
    {
        var tls = new SslStream(client);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null }, limit);
        return tls;
    }

    private static async Task<Stream> ReadGreetingAsync(Stream stream, CancellationToken limit)
    {
        var said = new List<byte>();
        var buffer = new byte[4096];

        while (!said.TakeLast(Greeting.Length).SequenceEqual(Greeting))
        {
            var got = await stream.ReadAsync(buffer, limit);
            said.AddRange(got > 0 ? buffer.AsSpan(0, got) : throw new IOException($"The broker closed the connection after: {Encoding.Latin1.GetString([.. said])}"));
        }

        return stream;
    }
}
