using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consoles.Broker.Hosting;

/// <summary>Listeners of a slice, beside those for people and agents. What comes in by them is for that slice alone.</summary>
internal interface IMoreListeners
{
    void Listen(KestrelServerOptions kestrel);
}

internal static class ListenerMarking
{
    /// <summary>Sees to it that every connection of a listener is known as such, is noticed when it dies, and speaks HTTP/1.1 where it speaks HTTP.</summary>
    public static void Mark(this ListenOptions listen, ListenerMark mark)
    {
        // A WebSocket takes over an HTTP/1.1 connection, whose one request is its one session.
        listen.Protocols = HttpProtocols.Http1;

        listen.Use(next => connection =>
        {
            connection.Features.Set(mark);

            if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            {
                KeepAlive.On(socket);
            }

            return next(connection);
        });
    }
}
