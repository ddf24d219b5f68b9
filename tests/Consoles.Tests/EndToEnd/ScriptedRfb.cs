using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;

namespace Consoles.Tests.EndToEnd;

/// <summary>A VNC server on the far end of a page's channel: a blue screen that notes the keys it gets (RFC 6143).</summary>
internal sealed class ScriptedRfb
{
    private const ushort Width = 640;
    private const ushort Height = 400;

    private readonly List<byte> _received = [];
    private readonly ConcurrentDictionary<uint, bool> _held = new();
    private WebSocket? _socket;
    private int _step;
    private int _bytesPerPixel = 4;
    private bool _drawn;

    public ConcurrentQueue<uint> Pressed { get; } = new();

    public ConcurrentQueue<string> Pasted { get; } = new();

    public IReadOnlyCollection<uint> Held => [.. _held.Keys];

    public async Task RunAsync(WebSocket socket)
    {
        _socket = socket;
        var buffer = new byte[4096];
        await SendAsync("RFB 003.008\n"u8.ToArray());

        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);

            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                return;
            }

            _received.AddRange(buffer.AsSpan(0, received.Count));

            while (await TryStepAsync())
            {
            }
        }
    }

    /// <summary>ServerCutText, section 7.6.4.</summary>
    public Task CutAsync(string text)
    {
        var message = new byte[8 + text.Length];
        message[0] = 3;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), text.Length);
        Encoding.Latin1.GetBytes(text, message.AsSpan(8));
        return SendAsync(message);
    }

    private async Task<bool> TryStepAsync()
    {
        switch (_step)
        {
            case 0 when Take(12) is not null:
                await SendAsync([1, 1]);
                break;
            case 1 when Take(1) is not null:
                await SendAsync([0, 0, 0, 0]);
                break;
            case 2 when Take(1) is not null:
                await SendServerInitAsync();
                break;
            case >= 3:
                return await TryMessageAsync();
            default:
                return false;
        }

        _step++;
        return true;
    }

    private async Task<bool> TryMessageAsync()
    {
        if (_received.Count == 0)
        {
            return false;
        }

        switch (_received[0])
        {
            // SetPixelFormat: bits per pixel is the fifth byte.
            case 0 when Take(20) is { } format:
                _bytesPerPixel = format[4] / 8;
                return true;
            case 2 when _received.Count >= 4 && Take(4 + (4 * ((_received[2] << 8) | _received[3]))) is not null:
                return true;
            case 3 when Take(10) is not null:
                await DrawAsync();
                return true;
            case 4 when Take(8) is { } key:
                Note(BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(4)), down: key[1] != 0);
                return true;
            case 5 when Take(6) is not null:
                return true;
            case 6 when _received.Count >= 8 && Take(8 + BinaryPrimitives.ReadInt32BigEndian([.. _received[4..8]])) is { } cut:
                Pasted.Enqueue(Encoding.Latin1.GetString(cut.AsSpan(8)));
                return true;
            default:
                return false;
        }
    }

    private void Note(uint keysym, bool down)
    {
        if (down)
        {
            Pressed.Enqueue(keysym);
            _held[keysym] = true;
        }
        else
        {
            _held.TryRemove(keysym, out _);
        }
    }

    private async Task DrawAsync()
    {
        if (_drawn)
        {
            return;
        }

        // FramebufferUpdate with one rectangle of encoding Raw, section 7.6.1.
        _drawn = true;
        var update = new byte[16 + (Width * Height * _bytesPerPixel)];
        update[3] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(update.AsSpan(8), Width);
        BinaryPrimitives.WriteUInt16BigEndian(update.AsSpan(10), Height);
        update.AsSpan(16).Fill(0x70);
        await SendAsync(update);
    }

    private Task SendServerInitAsync()
    {
        var name = "web1"u8;
        var init = new byte[24 + name.Length];
        BinaryPrimitives.WriteUInt16BigEndian(init, Width);
        BinaryPrimitives.WriteUInt16BigEndian(init.AsSpan(2), Height);
        ReadOnlySpan<byte> format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
        format.CopyTo(init.AsSpan(4));
        BinaryPrimitives.WriteInt32BigEndian(init.AsSpan(20), name.Length);
        name.CopyTo(init.AsSpan(24));
        return SendAsync(init);
    }

    private byte[]? Take(int count)
    {
        if (_received.Count < count)
        {
            return null;
        }

        var taken = _received[..count].ToArray();
        _received.RemoveRange(0, count);
        return taken;
    }

    private Task SendAsync(byte[] bytes) => _socket!.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
}
