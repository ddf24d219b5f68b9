using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>A connection that was answered and asks for nothing more: it is closed like one that never asked. Kestrel would keep it for two minutes, as it does for those who are known.</summary>
internal sealed class IdleClient(ConnectionContext connection, TimeSpan limit, TimeProvider clock)
{
    private long _idleSince;
    private bool _known;

    public static void Watch(ListenOptions listen, TimeSpan limit, TimeProvider clock) => listen.Use(next => connection =>
    {
        var client = new IdleClient(connection, limit, clock);
        connection.Features.Set(client);
        connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static state => ((IdleClient)state).Look(), client);
        return next(connection);
    });

    /// <summary>Whoever asks is known now, and may be idle between its requests.</summary>
    public static void Known(HttpContext context) => context.Features.GetRequiredFeature<IdleClient>()._known = true;

    /// <summary>Serves a request, after which its connection is idle.</summary>
    public static async Task ServeAsync(HttpContext context, RequestDelegate serve)
    {
        var client = context.Features.GetRequiredFeature<IdleClient>();
        Volatile.Write(ref client._idleSince, 0);

        try
        {
            await serve(context);
        }
        finally
        {
            Volatile.Write(ref client._idleSince, client._known ? 0 : client.Now);
        }
    }

    private long Now => Math.Max(1, clock.GetTimestamp());

    private void Look()
    {
        if (Volatile.Read(ref _idleSince) is > 0 and var since && clock.GetElapsedTime(since) >= limit)
        {
            connection.Abort(new ConnectionAbortedException("Nothing more was asked for."));
        }
    }
}
