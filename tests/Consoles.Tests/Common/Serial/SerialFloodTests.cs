using System.Buffers.Binary;
using System.Diagnostics;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;
using Xunit.Abstractions;

namespace Consoles.Tests.Common.Serial;

/// <summary>A guest that says far more than all buffers between it and its viewers could hold, as fast as it can.</summary>
[Collection(Alone.Name)]
public sealed class SerialFloodTests(ITestOutputHelper output)
{
    private const int Ring = 1024 * 1024;
    private const long Total = 96L * 1024 * 1024;

    // Of a length that no buffer's is a multiple of, so that bytes out of their place are seen to be.
    private static readonly byte[] Said = Noise(65_521);

    [Fact]
    public async Task A_flood_with_ten_slow_viewers_takes_little_memory_and_holds_up_nobody()
    {
        var (guest, console) = await Loopback.PairAsync();
        await using var guestEnd = guest;
        await using var line = new SerialLine((_, _) => Task.FromResult<SerialAttachment>(new StreamAttachment(console)), Ring, TimeProvider.System);
        var flooded = new TaskCompletionSource();

        // Five read nothing until the flood is over, five a little now and then.
        var slow = new List<Viewer>();

        for (var i = 0; i < 10; i++)
        {
            slow.Add(await Viewer.StartAsync(line, i % 2 == 0 ? () => flooded.Task : () => flooded.Task.IsCompleted ? Task.CompletedTask : Task.Delay(50)));
        }

        var good = await Viewer.StartAsync(line, () => Task.CompletedTask);
        await Eventually.TrueAsync(() => line.State.Attached && line.Viewers == 11);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();

        for (var sent = 0L; sent < Total;)
        {
            var at = (int)(sent % Said.Length);
            var piece = (int)Math.Min(Said.Length - at, Total - sent);
            await guest.WriteAsync(Said.AsMemory(at, piece)).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            sent += piece;
        }

        // The slow ones have not read on: had anything waited for them, neither of these would end.
        await Eventually.TrueAsync(() => good.Position == Total, because: good.ToString);
        slow.Should().OnlyContain(viewer => viewer.Position < Total, because: "they did not read, and held up neither the guest nor the good one");
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{Total} bytes in {watch.Elapsed.TotalSeconds:0.0} s, {taken} bytes of memory taken, the good one missed {good.Missed}");

        taken.Should().BeLessThan(8 * 1024 * 1024, because: "what one of the ten has not read is more than that many times over");
        line.Allocated.Should().BeLessThanOrEqualTo(Ring);

        flooded.SetResult();

        foreach (var viewer in slow.Append(good))
        {
            await Eventually.TrueAsync(() => viewer.Position == Total, because: viewer.ToString);
            viewer.IsTrue.Should().BeTrue(because: "each byte is where it belongs, and each gap as long as it says");
            (viewer.Received + viewer.Missed).Should().Be(Total);
        }

        slow.Should().OnlyContain(viewer => viewer.Missed > Total / 2);

        foreach (var viewer in slow.Append(good))
        {
            await viewer.DisposeAsync();
        }
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(1).NextBytes(noise);
        return noise;
    }

    /// <summary>Keeps nothing of what it is told, and compares it with what was said there.</summary>
    private sealed class Viewer : IAsyncDisposable
    {
        private readonly Stream _stream;
        private readonly Task _reading;
        private readonly Task _serving;
        private long _received;
        private long _missed;

        private Viewer(Stream stream, Task serving, Func<Task> pace) => (_stream, _serving, _reading) = (stream, serving, Task.Run(() => ReadAsync(pace)));

        public long Received => Interlocked.Read(ref _received);

        public long Missed => Interlocked.Read(ref _missed);

        public long Position => Received + Missed;

        public bool IsTrue { get; private set; } = true;

        public static async Task<Viewer> StartAsync(SerialLine line, Func<Task> pace)
        {
            var (near, far) = await Loopback.PairAsync();
            return new Viewer(near, line.ServeAsync(far, new SerialViewer("viewer", MayWrite: false), CancellationToken.None), pace);
        }

        public override string ToString() => $"{Received} received, {Missed} missed";

        public async ValueTask DisposeAsync()
        {
            await _stream.DisposeAsync();
            await _reading;
            await _serving;
        }

        private async Task ReadAsync(Func<Task> pace)
        {
            var frames = new SerialFrameReader(_stream);

            try
            {
                while (await frames.ReadAsync(CancellationToken.None) is { } frame)
                {
                    Take(frame);
                    await pace();
                }
            }
            catch (Exception end) when (end is IOException or ObjectDisposedException)
            {
                return;
            }
        }

        private void Take(SerialFrame frame)
        {
            if (frame.Type == SerialFrameType.Gap)
            {
                Interlocked.Add(ref _missed, BinaryPrimitives.ReadInt64BigEndian(frame.Payload.Span));
            }
            else if (frame.Type is SerialFrameType.Past or SerialFrameType.Data)
            {
                var bytes = frame.Payload.Span;
                var at = (int)(Position % Said.Length);
                var first = Math.Min(bytes.Length, Said.Length - at);
                IsTrue &= bytes[..first].SequenceEqual(Said.AsSpan(at, first)) && bytes[first..].SequenceEqual(Said.AsSpan(0, bytes.Length - first));
                Interlocked.Add(ref _received, bytes.Length);
            }
        }
    }
}
