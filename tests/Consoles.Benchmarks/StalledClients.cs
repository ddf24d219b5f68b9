using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Consoles.Benchmarks;

/// <summary>How long a good client of each listener waits for its guest's first byte while 2,000 others hold connections to it and say nothing, half a request, or half of TLS's hello.</summary>
internal static class StalledClients
{
    private const int Stalled = 2000;
    private const int Good = 500;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static async Task RunAsync()
    {
        await using var broker = await StalledBroker.StartAsync();

        foreach (var listener in broker.Listeners)
        {
            Say(listener.Name, "alone", await MeasureAsync(listener));

            using var stop = new CancellationTokenSource();
            var stalling = Enumerable.Range(0, Stalled).Select(i => StallAsync(listener.At, listener.Beginnings[i % listener.Beginnings.Count], stop.Token)).ToList();
            await UntilAsync(() => listener.Room.Waiting >= Stalled);
            var among = await MeasureAsync(listener);
            var waiting = listener.Room.Waiting;
            await stop.CancelAsync();
            await Task.WhenAll(stalling);
            Say(listener.Name, $"among {waiting} stalled", among);
            await UntilAsync(() => listener.Room.Waiting == 0);
        }
    }

    private static async Task<List<TimeSpan>> MeasureAsync(StalledListener listener)
    {
        var tokens = Enumerable.Range(0, Good).Select(_ => listener.Token()).ToList();
        var times = new List<TimeSpan>();

        foreach (var token in tokens)
        {
            using var limit = new CancellationTokenSource(Limit);
            var began = Stopwatch.GetTimestamp();
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(listener.At, limit.Token);
            await using var opened = await listener.Open(client.GetStream(), token, limit.Token);
            times.Add(Stopwatch.GetElapsedTime(began));
        }

        return times;
    }

    // Whoever is thrown out comes again.
    private static async Task StallAsync(IPEndPoint target, byte[] beginning, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(target, stop);
                await using var stream = client.GetStream();
                await stream.WriteAsync(beginning, stop);
                await stream.CopyToAsync(Stream.Null, stop);
            }
            catch (Exception end) when (end is OperationCanceledException or IOException or SocketException)
            {
                // Again, unless it is over.
            }
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);

        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    private static void Say(string name, string what, List<TimeSpan> times)
    {
        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}, {what}: {times.Count} good clients, p50 {times[times.Count / 2].TotalMilliseconds:0.0} ms, p99 {times[times.Count * 99 / 100].TotalMilliseconds:0.0} ms, worst {times[^1].TotalMilliseconds:0.0} ms"));
    }
}
