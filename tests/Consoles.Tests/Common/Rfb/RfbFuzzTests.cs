using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Common.Rfb;

/// <summary>Whatever comes, it is understood or refused with the protocol's one exception, within the caps.</summary>
public sealed class RfbFuzzTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(200);

    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(value => (byte)value);

    // Sound messages with a few bytes changed reach further than noise does.
    private static readonly Gen<byte[]> ViewerBytes = Gen.OneOf(
        Gen.Elements<byte[]>([.. RfbSamples.Looking, .. RfbSamples.Acting]).ArrayOf().Select(messages => RfbSamples.Join(messages)).SelectMany(Mutated),
        AnyByte.ArrayOf());

    private static readonly Gen<byte[]> ServerBytes = Gen.OneOf(
        Gen.Elements<byte[]>(
            RfbSamples.Join(RfbSamples.Version, [1, 1], [0, 0, 0, 0], RfbSamples.ServerInit),
            RfbSamples.Join(RfbSamples.Version, [1, 2], RfbSamples.Challenge, [0, 0, 0, 1, 0, 0, 0, 3, 65, 65, 65]),
            RfbSamples.Join(RfbSamples.Version, [1, 19, 0, 2, 0, 2, 0, 0, 1, 4, 0, 0, 1, 5, 1], RfbSamples.Challenge, [0, 0, 0, 0], RfbSamples.ServerInit)).SelectMany(Mutated),
        AnyByte.ArrayOf());

    [Fact]
    public void A_handshake_with_a_hostile_server_ends_well_or_with_its_one_exception() =>
        Prop.ForAll(ServerBytes.ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), static (said, pieces) =>
        {
            var stream = new ScriptedStream(said, pieces);
            var policy = new RfbGuestPolicy { AllowPlain = true, Secure = (plain, _) => Task.FromResult(plain), Password = _ => Task.FromResult("secret") };

            try
            {
                var running = RfbGuestHandshake.RunAsync(stream, policy, CancellationToken.None);
                return running.IsCompleted && (running.IsFaulted ? running.Exception!.InnerException is RfbException : running.Result.Init.Name.Length <= RfbReader.MaxNameLength);
            }
            catch (RfbException)
            {
                return true;
            }
        }).Check(Runs);

    [Fact]
    public void A_hostile_viewer_is_filtered_alike_however_its_bytes_arrive() =>
        Prop.ForAll(ViewerBytes.ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), Gen.Choose(0, 1).ToArbitrary(), static (said, pieces, viewOnly) =>
        {
            var (whole, _) = Filter(said, int.MaxValue, viewOnly == 1);
            var (split, refused) = Filter(said, pieces, viewOnly == 1);

            // A refusal drops what came in the same piece, so the one is the beginning of the other.
            return refused ? split.AsSpan().StartsWith(whole) : split.AsSpan().SequenceEqual(whole);
        }).Check(Runs);

    [Fact]
    public void What_passed_the_filter_once_passes_it_again_unchanged() =>
        Prop.ForAll(ViewerBytes.ToArbitrary(), static said =>
        {
            var (once, _) = Filter(said, 1, viewOnly: false);
            var (twice, refused) = Filter(once, 17, viewOnly: false);
            return !refused && once.AsSpan().StartsWith(twice);
        }).Check(Runs);

    private static Gen<byte[]> Mutated(byte[] sound) =>
        from changes in Gen.Choose(0, 3)
        from places in Gen.Choose(0, Math.Max(0, sound.Length - 1)).ArrayOf(changes)
        from values in Gen.OneOf(Gen.Elements<byte>(0, 1, 2, 19, 127, 128, 255), AnyByte).ArrayOf(changes)
        from cut in Gen.Frequency((3, Gen.Constant(sound.Length)), (1, Gen.Choose(0, sound.Length)))
        select Change(sound, places, values)[..cut];

    private static byte[] Change(byte[] sound, int[] places, byte[] values)
    {
        byte[] changed = [.. sound];

        foreach (var (place, value) in places.Zip(values).Where(change => change.First < changed.Length))
        {
            changed[place] = value;
        }

        return changed;
    }

    private static (byte[] Passed, bool Refused) Filter(byte[] said, int pieces, bool viewOnly)
    {
        var messages = new RfbViewerMessages(viewOnly);
        var passed = new MemoryStream();
        var buffer = new byte[RfbViewerMessages.MaxHeadLength + Math.Min(pieces, said.Length)];

        for (var at = 0; at < said.Length;)
        {
            var length = Math.Min(pieces, said.Length - at);
            var held = messages.Held;
            said.AsSpan(at, length).CopyTo(buffer.AsSpan(held));

            try
            {
                passed.Write(buffer, 0, messages.Filter(buffer.AsSpan(held, length), buffer));
            }
            catch (RfbException)
            {
                return (passed.ToArray(), true);
            }

            at += length;
        }

        return (passed.ToArray(), false);
    }
}
