using System.Net;
using System.Net.Sockets;
using Consoles.Common.Relaying;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common;

/// <summary>Measures the whole process, so nothing else may run beside it.</summary>
[Collection(Alone.Name)]
public class RelayAllocationTests
{
    private const int Chunks = 10_000;

    [Fact]
    public async Task A_chunk_costs_no_allocation()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var viewer = Connect(listener, out var viewerEnd);
        using var guest = Connect(listener, out var guestEnd);
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);

        // The runtime allocates for itself now and then, above all while everything is being compiled: the least of a few rounds is the relay's.
        var allocated = long.MaxValue;

        for (var round = 0; round < 4; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            PassOneByOne(guest, viewer, Chunks);
            allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        guest.Dispose();
        (await relay.WaitAsync(TimeSpan.FromSeconds(20))).BytesToViewer.Should().BeGreaterThan(Chunks);

        // The smallest object has 24 bytes: one for every chunk would be 240 000.
        allocated.Should().BeLessThan(Chunks * 4);
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
        var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000, SendTimeout = 10_000 };
        ours.Connect(listener.LocalEndpoint);
        relays = new NetworkStream(listener.AcceptSocket(), ownsSocket: true);
        return ours;
    }
}
