using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Consoles.Tests.EndToEnd;

/// <summary>Stands where the broker's channel is, so that a test decides what the page meets there.</summary>
internal sealed class ScriptedChannel : IStartupFilter
{
    private Func<WebSocket, Task> _script = socket => CloseAsync(socket, 1011, "no script");

    public void Play(Func<WebSocket, Task> script) => _script = script;

    public void Close(int code, string reason = "") => Play(socket => CloseAsync(socket, code, reason));

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => pipeline =>
    {
        pipeline.UseWebSockets();
        pipeline.Use(async (context, onward) =>
        {
            if (context.Request.Path != "/channel")
            {
                await onward(context);
                return;
            }

            context.WebSockets.WebSocketRequestedProtocols.Should().Equal("binary", "ticket.abc");
            using var socket = await context.WebSockets.AcceptWebSocketAsync("binary");
            await _script(socket);
        });
        next(pipeline);
    };

    private static async Task CloseAsync(WebSocket socket, int code, string reason)
    {
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);

        // RFC 6455, section 7.1.1: the viewer answers before the server lets go of the connection.
        while ((await socket.ReceiveAsync(new byte[1024], CancellationToken.None)).MessageType != WebSocketMessageType.Close)
        {
        }
    }
}
