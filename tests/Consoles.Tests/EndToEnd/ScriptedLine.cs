using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using Consoles.Common.Serial;

namespace Consoles.Tests.EndToEnd;

/// <summary>The line's end of a serial channel, whose frames a test writes. What the page sends is kept.</summary>
internal sealed class ScriptedLine
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentQueue<(SerialFrameType Type, byte[] Payload)> _received = new();
    private WebSocket _socket = null!;
    private TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a page is sent as soon as it comes.</summary>
    public List<byte[]> Greeting { get; } = [State(attached: true), Writer(you: true, "ada"), Frame(SerialFrameType.Live)];

    public IEnumerable<(SerialFrameType Type, byte[] Payload)> Received => _received;

    /// <summary>All bytes that the page sent for the guest.</summary>
    public byte[] Typed => [.. _received.Where(frame => frame.Type == SerialFrameType.Input).SelectMany(frame => frame.Payload)];

    public string TypedText => Encoding.UTF8.GetString(Typed);

    /// <summary>Echoes as a guest's terminal would.</summary>
    public bool Echoes { get; set; }

    public static byte[] Frame(SerialFrameType type, ReadOnlySpan<byte> payload = default) => SerialFrame.Encode(type, payload);

    public static byte[] Data(string text) => Frame(SerialFrameType.Data, Encoding.UTF8.GetBytes(text));

    public static byte[] Past(string text) => Frame(SerialFrameType.Past, Encoding.UTF8.GetBytes(text));

    public static byte[] State(bool attached, string? reason = null) => Json(SerialFrameType.State, new { attached, reason });

    public static byte[] Writer(bool you, string? writer) => Json(SerialFrameType.Writer, new { you, writer });

    public static byte[] Notice(string text) => Frame(SerialFrameType.Notice, Encoding.UTF8.GetBytes(text));

    public static byte[] Gap(ulong bytes)
    {
        var payload = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(payload, bytes);
        return Frame(SerialFrameType.Gap, payload);
    }

    public async Task RunAsync(WebSocket socket)
    {
        // A page that opens its console again; the first may have been waited for already.
        if (_greeted.Task.IsCompleted)
        {
            _greeted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _socket = socket;
        _received.Clear();

        foreach (var frame in Greeting)
        {
            await SendNowAsync(frame);
        }

        _greeted.SetResult();
        var received = new MemoryStream();
        var buffer = new byte[64 * 1024];

        while (true)
        {
            var read = await socket.ReceiveAsync(buffer, CancellationToken.None);

            if (read.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                return;
            }

            received.Write(buffer.AsSpan(0, read.Count));
            received = await TakeFramesAsync(received.ToArray());
        }
    }

    /// <summary>Sends bytes as one message, whatever they are, after the greeting: a page may be seen to be connected before that.</summary>
    public async Task SendAsync(params byte[] bytes)
    {
        await _greeted.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await SendNowAsync(bytes);
    }

    private async Task SendNowAsync(byte[] bytes)
    {
        await _sending.WaitAsync();

        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async Task CloseAsync(int code, string reason)
    {
        await _greeted.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await _socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);
    }

    private static byte[] Json<T>(SerialFrameType type, T said) => Frame(type, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(said));

    private async Task<MemoryStream> TakeFramesAsync(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        var at = 0;

        while (bytes.Length - at >= SerialFrame.HeaderSize
            && bytes.Length - at >= SerialFrame.HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 1)))
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 1));
            var payload = bytes.AsSpan(at + SerialFrame.HeaderSize, length).ToArray();
            _received.Enqueue(((SerialFrameType)bytes[at], payload));

            if (Echoes && bytes[at] == (byte)SerialFrameType.Input)
            {
                await SendAsync(Frame(SerialFrameType.Data, payload));
            }

            at += SerialFrame.HeaderSize + length;
        }

        var rest = new MemoryStream();
        rest.Write(bytes.AsSpan(at));
        return rest;
    }
}
