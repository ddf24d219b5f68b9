using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Consoles.Tests.Fakes;

/// <summary>A WebSocket client over a bare socket, which can send what no good client sends.</summary>
internal sealed class RawWebSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NetworkStream _stream;

    private RawWebSocket(Socket socket, string head)
    {
        Socket = socket;
        Head = head;
        Status = int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Socket Socket { get; }

    /// <summary>The status line and the headers of the answer.</summary>
    public string Head { get; }

    public int Status { get; }

    public static Task<RawWebSocket> ConnectAsync(LiveBroker broker, LiveBroker.Ticket ticket) =>
        ConnectAsync(broker.Port, Headers(broker.Origin, new Uri(broker.Origin).Authority, ticket.Cookie, $"binary, ticket.{ticket.Secret}"));

    public static string Headers(string? origin, string host, string? cookie, string? protocols) =>
        $"GET /channel HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
        + (origin is null ? "" : $"Origin: {origin}\r\n")
        + (cookie is null ? "" : $"Cookie: consoles={cookie}\r\n")
        + (protocols is null ? "" : $"Sec-WebSocket-Protocol: {protocols}\r\n")
        + "\r\n";

    public static async Task<RawWebSocket> ConnectAsync(int port, string request, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        var head = new StringBuilder();
        var one = new byte[1];
        using var limit = new CancellationTokenSource(Patience);

        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await socket.ReceiveAsync(one, limit.Token) == 0)
            {
                throw new IOException($"The broker closed the connection in its answer: {head}");
            }

            head.Append((char)one[0]);
        }

        return new RawWebSocket(socket, head.ToString());
    }

    public static byte[] Frame(byte first, ReadOnlySpan<byte> payload, bool masked = true, ulong? announce = null)
    {
        var length = announce ?? (ulong)payload.Length;
        var frame = new List<byte> { first };
        var bit = masked ? 0x80 : 0;

        if (length < 126)
        {
            frame.Add((byte)(bit | (int)length));
        }
        else if (length <= ushort.MaxValue)
        {
            frame.Add((byte)(bit | 126));
            var bytes = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)length);
            frame.AddRange(bytes);
        }
        else
        {
            frame.Add((byte)(bit | 127));
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, length);
            frame.AddRange(bytes);
        }

        byte[] mask = [0x12, 0x34, 0x56, 0x78];

        if (masked)
        {
            frame.AddRange(mask);
        }

        for (var i = 0; i < payload.Length; i++)
        {
            frame.Add((byte)(payload[i] ^ (masked ? mask[i % 4] : 0)));
        }

        return [.. frame];
    }

    public Task SendAsync(ReadOnlySpan<byte> payload) => SendRawAsync(Frame(0x82, payload));

    public async Task SendRawAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>The next frame: its first byte, and its payload.</summary>
    public async Task<(byte First, byte[] Payload)> ReceiveAsync(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? Patience);
        var header = new byte[2];
        await _stream.ReadExactlyAsync(header, limit.Token);
        (header[1] & 0x80).Should().Be(0, because: "a server does not mask");
        long length = header[1];

        if (length >= 126)
        {
            var bytes = new byte[length == 126 ? 2 : 8];
            await _stream.ReadExactlyAsync(bytes, limit.Token);
            length = bytes.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadInt64BigEndian(bytes);
        }

        var payload = new byte[length];
        await _stream.ReadExactlyAsync(payload, limit.Token);
        return (header[0], payload);
    }

    /// <summary>Reads on until the close frame, and answers it.</summary>
    public async Task<(int Code, string Reason)> CloseFrameAsync(TimeSpan? within = null)
    {
        while (true)
        {
            var (first, payload) = await ReceiveAsync(within);

            if (first == 0x88)
            {
                try
                {
                    await SendRawAsync(Frame(0x88, payload.AsSpan(0, 2)));
                }
                catch (IOException)
                {
                    // The broker need not wait for it.
                }

                return (BinaryPrimitives.ReadUInt16BigEndian(payload), Encoding.UTF8.GetString(payload.AsSpan(2)));
            }
        }
    }

    /// <summary>Leaves as a crashed browser does: with a reset.</summary>
    public void Vanish()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Socket.Close();
    }

    public void Dispose() => _stream.Dispose();
}
