using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;

namespace Consoles.Tests.EndToEnd;

/// <summary>An RFB viewer on a session's channel, as far as the name of the desktop.</summary>
internal sealed class ViewerOfChannel(ClientWebSocket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private byte[] _rest = [];

    public WebSocketCloseStatus? Code => socket.CloseStatus;

    public string? Reason => socket.CloseStatusDescription;

    /// <summary>Does the viewer's handshake, and returns the name in ServerInit; null when the broker closed the channel instead.</summary>
    public async Task<string?> HandshakeAsync()
    {
        using var limit = new CancellationTokenSource(Patience);

        if (await ReadAsync(12, limit.Token) is null)
        {
            return null;
        }

        await SendAsync("RFB 003.008\n"u8.ToArray(), limit.Token);
        var types = await ReadAsync(2, limit.Token);
        types.Should().Equal([1, 1], because: "security type None is all a browser is offered");
        await SendAsync([1], limit.Token);
        (await ReadAsync(4, limit.Token)).Should().Equal([0, 0, 0, 0]);
        await SendAsync([0], limit.Token);
        var init = await ReadAsync(24, limit.Token);
        var name = init is null ? null : await ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(20)), limit.Token);
        return name is null ? null : Encoding.UTF8.GetString(name);
    }

    /// <summary>Asks for the screen, and returns how many bytes of an update came (RFC 6143, section 7.6.1).</summary>
    public async Task<int> FirstUpdateAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await SendAsync([3, 0, 0, 0, 0, 0, 0, 8, 0, 8], limit.Token);
        var update = await ReadAsync(4, limit.Token);
        update.Should().StartWith([(byte)0]);
        return update!.Length;
    }

    /// <summary>Reads until the broker closes the channel, and returns how many bytes came before that.</summary>
    public async Task<int> DrainAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var count = _rest.Length;

        while (Code is null && await ReceiveAsync(limit.Token) is { } more)
        {
            count += more.Length;
        }

        return count;
    }

    public Task SendAsync(byte[] bytes, CancellationToken cancellationToken = default) =>
        socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    public void Dispose() => socket.Dispose();

    public async Task<byte[]?> ReadAsync(int count, CancellationToken cancellationToken)
    {
        while (_rest.Length < count)
        {
            if (await ReceiveAsync(cancellationToken) is not { } more)
            {
                return null;
            }

            _rest = [.. _rest, .. more];
        }

        var read = _rest[..count];
        _rest = _rest[count..];
        return read;
    }

    private async Task<byte[]?> ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
        return received.MessageType == WebSocketMessageType.Close ? null : buffer[..received.Count];
    }
}
