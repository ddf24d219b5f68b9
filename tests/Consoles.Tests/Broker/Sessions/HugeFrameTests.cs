using System.Net.WebSockets;
using Consoles.Broker.Sessions;

namespace Consoles.Tests.Broker.Sessions;

public class HugeFrameTests
{
    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData((1UL << 63) - 1)]
    [InlineData(1UL << 32)]
    [InlineData((1UL << 20) + 1)]
    public async Task A_frame_that_announces_a_huge_payload_costs_nothing(ulong payload)
    {
        var header = new byte[14];
        header[0] = 0x82;
        header[1] = 0xff;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(2), payload);
        var wire = new MemoryStream([.. header, .. new byte[256 * 1024]]);
        var guard = new FrameGuard(wire, new FrameRules(TimeProvider.System), static () => { });
        var buffer = new byte[4096];

        // Nothing of this is waited for, so all of it is this thread's.
        var waited = false;
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var read = -1; read != 0;)
        {
            var reading = guard.ReadAsync(buffer);
            waited |= !reading.IsCompleted;
            read = await reading;
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(64 * 1024);
        waited.Should().BeFalse();
        guard.Fault!.Code.Should().Be(WebSocketCloseStatus.MessageTooBig);
        wire.Position.Should().BeLessThanOrEqualTo(buffer.Length, because: "nothing is read after the header was seen");
    }
}
