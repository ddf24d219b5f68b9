using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;

namespace Consoles.Tests.Fakes;

/// <summary>Guests that are the other end of a real socket, and speak no protocol at all: what a test writes is what the viewer gets.</summary>
internal sealed class SocketGuests : IGuestConnector, IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _sockets = [];

    public SocketGuests() => _listener.Start();

    /// <summary>The guests' ends, in the order in which they were dialled.</summary>
    public ConcurrentQueue<Socket> Dialled { get; } = new();

    /// <summary>What dialling does instead, when set.</summary>
    public Func<ConsoleTarget, CancellationToken, Task>? Instead { get; set; }

    public int Count => Dialled.Count;

    public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
    {
        if (Instead is not null)
        {
            await Instead(target, cancellationToken);
        }

        var broker = new TcpClient { NoDelay = true };
        _sockets.Add(broker);
        var accepted = _listener.AcceptTcpClientAsync(cancellationToken);
        await broker.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
        var guest = await accepted;
        _sockets.Add(guest);
        Dialled.Enqueue(guest.Client);
        return new SocketGuest(broker.GetStream());
    }

    /// <summary>The end of the next guest that was dialled.</summary>
    public Task<Socket> NextAsync() => Eventually.GetAsync(() => Task.FromResult(Dialled.TryDequeue(out var guest) ? guest : null));

    public void Dispose()
    {
        _listener.Dispose();

        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private sealed class SocketGuest(Stream stream) : GuestEnd(stream)
    {
        public override Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken) => Task.FromResult(viewer);
    }
}
