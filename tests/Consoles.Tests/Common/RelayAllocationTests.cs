using System.Net;
using System.Net.Sockets;
using Consoles.Common.Relaying;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common;

/// <summary>Measures the whole process, so nothing else may run beside it.</summary>
[Collection(Alone.Name)]
public class RelayAllocationTests
{
    private const int Chunks = 1000;
    private const int Rounds = 100;

    [Fact]
    public async Task A_chunk_costs_no_allocation()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var viewer = Connect(listener, out var viewerEnd);
        using var guest = Connect(listener, out var guestEnd);
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);

        // The runtime allocates for itself now and then, above all while everything is being compiled, and what other tests began may not be
        // quite over: the least of many short rounds is the relay's. The smallest object has 24 bytes, and one for every other chunk is one too many.
        const int Limit = Chunks / 2 * 24;
        var allocated = long.MaxValue;

        for (var round = 0; round < Rounds && allocated >= Limit; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            PassOneByOne(guest, viewer, Chunks);
            allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        guest.Dispose();
        (await relay.WaitAsync(TimeSpan.FromSeconds(60))).BytesToViewer.Should().BeGreaterThan(Chunks);
        allocated.Should().BeLessThan(Limit);
    }

    // Each piece passes before the next is sent: every one of them is a wait, a read and a write of the relay's.
    private static void PassOneByOne(Socket from, Socket to, int times)
    {
        var piece = new byte[1000];

        for (var i = 0; i < times; i++)
        {
            from.Send(piece);

            for (var received = 0; received < piece.Length;)
            {
                received += to.Receive(piece, received, piece.Length - received, SocketFlags.None);
            }
        }
    }

    private static Socket Connect(TcpListener listener, out NetworkStream relays)
    {
        var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        ours.Connect(listener.LocalEndpoint);
        relays = new NetworkStream(listener.AcceptSocket(), ownsSocket: true);
        return ours;
    }
}
