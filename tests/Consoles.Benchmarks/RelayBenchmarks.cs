using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Consoles.Common.Relaying;

namespace Consoles.Benchmarks;

/// <summary>The relay between two loopback sockets, with the same bytes over one socket as the measure of what the kernel takes.</summary>
[MemoryDiagnoser]
public class RelayBenchmarks
{
    private const int Total = 64 * 1024 * 1024;

    private readonly byte[] _sent = new byte[64 * 1024];
    private readonly byte[] _received = new byte[64 * 1024];

    [Params(64, 4096, 65536)]
    public int Piece { get; set; }

    [Benchmark(Baseline = true)]
    public async Task OneSocket()
    {
        var (from, to) = await PairAsync();
        await using (from)
        await using (to)
        {
            await MoveAsync(from, to);
        }
    }

    [Benchmark]
    public async Task ThroughTheRelay()
    {
        var (guest, guestEnd) = await PairAsync();
        var (viewerEnd, viewer) = await PairAsync();
        var relay = Relay.RunAsync(viewerEnd, guestEnd, lastWords: null, CancellationToken.None);
        await MoveAsync(guest, viewer);
        await guest.DisposeAsync();
        await relay;
        await viewer.DisposeAsync();
    }

    private static async Task<(NetworkStream From, NetworkStream To)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndpoint);
        var server = await listener.AcceptSocketAsync();
        server.NoDelay = true;
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(server, ownsSocket: true));
    }

    private async Task MoveAsync(NetworkStream from, NetworkStream to)
    {
        // Small pieces are fewer in all, so that every row takes about as long.
        var total = (int)Math.Min(Total, Piece * 65536L);
        var sending = Task.Run(async () =>
        {
            for (var sent = 0; sent < total; sent += Piece)
            {
                await from.WriteAsync(_sent.AsMemory(0, Piece));
            }
        });

        for (var received = 0; received < total;)
        {
            received += await to.ReadAsync(_received);
        }

        await sending;
    }
}
