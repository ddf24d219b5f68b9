using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Consoles.Broker.Hosting;

/// <summary>Counts the connections of several listeners that are no sessions yet: Kestrel counts those of each listener, and has no descriptors for as many of all.</summary>
/// <param name="room">How many there may be at once.</param>
internal abstract class WaitingRoom(int room)
{
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Counts a listener's connections, each until it ends or <see cref="Release"/> is called. One more than there is room for is closed at once.</summary>
    /// <param name="full">Told of each that is closed.</param>
    public void Watch(ListenOptions listen, Action<EndPoint?>? full = null) => listen.Use(next => async connection =>
    {
        using var place = new Place(this, connection.Features.Get<IDecrementConcurrentConnectionCountFeature>());

        if (Interlocked.Increment(ref _waiting) > room)
        {
            full?.Invoke(connection.RemoteEndPoint);
            connection.Abort(new ConnectionAbortedException("Too many wait already."));
            return;
        }

        connection.Features.Set<IDecrementConcurrentConnectionCountFeature>(place);
        await next(connection);
    });

    /// <summary>From now on the connection counts as a session. Where it is HTTP, Kestrel calls this when it is upgraded.</summary>
    public static void Release(ConnectionContext connection) => connection.Features.Get<IDecrementConcurrentConnectionCountFeature>()?.ReleaseConnection();

    private sealed class Place(WaitingRoom all, IDecrementConcurrentConnectionCountFeature? ofListener) : IDecrementConcurrentConnectionCountFeature, IDisposable
    {
        private int _left;

        public void ReleaseConnection()
        {
            Dispose();
            ofListener?.ReleaseConnection();
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                Interlocked.Decrement(ref all._waiting);
            }
        }
    }
}
