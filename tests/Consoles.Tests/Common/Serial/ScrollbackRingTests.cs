using Consoles.Common.Serial;

namespace Consoles.Tests.Common.Serial;

public class ScrollbackRingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_holds_the_latest_bytes_whatever_the_pieces_they_come_in_and_however_its_size_changes(int seed)
    {
        var random = new Random(seed);
        var capacity = random.Next(1, 20_000);
        var ring = new ScrollbackRing(capacity);
        var all = new List<byte>();
        var oldest = 0L;

        for (var step = 0; step < 500; step++)
        {
            if (random.Next(20) == 0)
            {
                capacity = random.Next(1, 20_000);
                ring.Resize(capacity);
                oldest = Math.Max(oldest, all.Count - capacity);
            }

            var piece = new byte[random.Next(random.Next(4) == 0 ? 30_000 : 50)];
            random.NextBytes(piece);
            ring.Append(piece);
            all.AddRange(piece);
            oldest = Math.Max(oldest, all.Count - capacity);

            ring.End.Should().Be(all.Count);
            ring.Start.Should().Be(oldest);
            ring.Allocated.Should().BeLessThanOrEqualTo(Math.Max(capacity, 0));

            var from = random.NextInt64(ring.Start, ring.End + 1);
            var read = new byte[random.Next(25_000)];
            var count = ring.Read(from, read);
            count.Should().Be((int)Math.Min(read.Length, ring.End - from));
            read.AsSpan(0, count).SequenceEqual(all.Slice((int)from, count).ToArray()).Should().BeTrue();
        }
    }

    [Fact]
    public void It_takes_memory_only_as_it_fills()
    {
        var ring = new ScrollbackRing(1024 * 1024);
        ring.Allocated.Should().Be(0);

        ring.Append(new byte[10]);
        ring.Allocated.Should().Be(4096);

        ring.Append(new byte[3 * 1024 * 1024]);
        ring.Allocated.Should().Be(1024 * 1024);
        ring.Start.Should().Be(ring.End - 1024 * 1024);
    }
}
