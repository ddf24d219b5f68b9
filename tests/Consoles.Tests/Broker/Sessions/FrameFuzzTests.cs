using Consoles.Broker.Sessions;
using Consoles.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Broker.Sessions;

/// <summary>Whatever a viewer sends for frames, it goes on unchanged or is a fault, and costs no more than it is long (CVE-2017-18922).</summary>
public sealed class FrameFuzzTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(300);

    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(value => (byte)value);

    private static readonly Gen<byte[]> Frames = (
        from first in Gen.Frequency((4, Gen.Elements<byte>(0x82, 0x02, 0x80, 0x00, 0x89, 0x8a, 0x88)), (1, AnyByte))
        from payload in AnyByte.ArrayOf()
        from masked in Gen.Frequency((9, Gen.Constant(true)), (1, Gen.Constant(false)))
        from announce in Gen.Frequency((9, Gen.Constant<ulong?>(null)), (1, Gen.Elements<ulong?>(125, 126, 65535, 65536, 1UL << 31, (1UL << 31) - 1, (1UL << 31) + 1, 1UL << 63, ulong.MaxValue)))
        select RawWebSocket.Frame(first, payload, masked, announce)).ArrayOf().Select(frames => frames.SelectMany(frame => frame).ToArray());

    [Fact]
    public void What_goes_on_is_what_came_as_far_as_it_is_sound_however_it_arrives() =>
        Prop.ForAll(Gen.OneOf(Frames, AnyByte.ArrayOf()).ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), static (said, pieces) =>
        {
            var (whole, fault) = Pass(said, int.MaxValue);
            var (split, faultOfSplit) = Pass(said, pieces);

            // A close frame stands for a fault. What came in one piece with it may be dropped before it.
            return fault == faultOfSplit && said.AsSpan().StartsWith(split) && split.AsSpan().StartsWith(whole);
        }).Check(Runs);

    private static (byte[] Passed, System.Net.WebSockets.WebSocketCloseStatus? Fault) Pass(byte[] said, int pieces)
    {
        var guard = new FrameGuard(new ScriptedStream(said, pieces), new FrameRules(new TestClock()), static () => { });
        var buffer = new byte[512];
        var passed = new List<byte>();

        while (true)
        {
            var reading = guard.ReadAsync(buffer).AsTask();
            reading.IsCompletedSuccessfully.Should().BeTrue();

            if (reading.Result is not (> 0 and var got))
            {
                break;
            }

            passed.AddRange(buffer[..got]);
        }

        if (guard.Fault is { } fault)
        {
            const int CloseFrame = 6;
            passed.RemoveRange(passed.Count - CloseFrame, CloseFrame);
            return ([.. passed], fault.Code);
        }

        return ([.. passed], null);
    }
}
