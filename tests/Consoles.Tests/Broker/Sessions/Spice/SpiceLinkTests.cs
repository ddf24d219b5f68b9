using System.Buffers.Binary;
using Consoles.Broker.Sessions.Spice;
using Consoles.Tests.Fakes;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Broker.Sessions.Spice;

public sealed class SpiceLinkTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(300);

    private static readonly byte[] SoundMessage = SpiceLink.Write(SpiceSamples.Link(SpiceChannelType.Display, 0x0102_0304));

    private static readonly byte[] SoundReply = SpiceLink.Write(new SpiceLinkReply(SpiceLinkError.Ok, new byte[SpiceLink.PublicKeyLength], SpiceSamples.Common, SpiceSamples.Main));

    [Fact]
    public void What_is_written_is_read_again()
    {
        SpiceLink.ReadHeader(SoundMessage, "It").Should().Be(SoundMessage.Length - SpiceLink.HeaderLength);
        var read = SpiceLink.ReadMessage(SoundMessage.AsSpan(SpiceLink.HeaderLength), "It");

        (read.ConnectionId, read.Type, read.Id).Should().Be((0x0102_0304u, SpiceChannelType.Display, (byte)0));
        read.Common.Has(SpiceCapabilities.MiniHeader).Should().BeTrue();
        read.Common.Has(2).Should().BeFalse();
        read.Own.Has(SpiceCapabilities.AgentConnectedTokens).Should().BeTrue();
        read.Own.Has(40).Should().BeFalse();
    }

    [Fact]
    public void It_is_the_message_that_spice_gtk_sends() =>
        SoundMessage.Should().Equal(
            [
                .. "REDQ"u8, 2, 0, 0, 0, 2, 0, 0, 0, 26, 0, 0, 0,
                4, 3, 2, 1, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, 18, 0, 0, 0,
                0b1011, 0, 0, 0, 0b100, 0, 0, 0,
            ]);

    [Theory]
    [InlineData(0, 0x51444552u ^ 1, "*does not speak SPICE*")]
    [InlineData(4, 3u, "*speaks SPICE 3.2; 2.2 is spoken here*")]
    [InlineData(12, 4097u, "*of 4097 bytes; 4096 is the limit*")]
    [InlineData(12, uint.MaxValue, "*of 4294967295 bytes; 4096 is the limit*")]
    public void A_header_that_no_peer_may_send_is_refused_in_words(int at, uint value, string words)
    {
        var header = SoundMessage[..SpiceLink.HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), value);
        FluentActions.Invoking(() => SpiceLink.ReadHeader(header, "The viewer")).Should().Throw<SpiceException>().WithMessage(words);
    }

    [Theory]
    [InlineData(6, 33u, "*33 words of abilities; 32 is the limit*")]
    [InlineData(10, uint.MaxValue, "*4294967295 words of abilities*")]
    [InlineData(6, 2u, "*12 bytes of abilities at byte 18 of a link message of 26 bytes*")]
    [InlineData(14, 17u, "*at byte 17 of*")]
    [InlineData(14, 19u, "*at byte 19 of*")]
    [InlineData(14, uint.MaxValue, "*at byte 4294967295 of*")]
    public void Abilities_that_do_not_fit_are_refused_in_words_from_either_side(int at, uint value, string words)
    {
        var message = SoundMessage[SpiceLink.HeaderLength..];
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(at), value);
        FluentActions.Invoking(() => SpiceLink.ReadMessage(message, "The viewer")).Should().Throw<SpiceException>().WithMessage(words);

        // The counts are at another place of the reply, whose fixed part is longer.
        var reply = SoundReply[SpiceLink.HeaderLength..];
        const int Longer = 160;
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(at + Longer), at == 14 && value < 100 ? value + Longer : value);
        FluentActions.Invoking(() => SpiceLink.ReadReply(reply, "The guest")).Should().Throw<SpiceException>();
    }

    [Fact]
    public void Messages_that_are_too_short_are_refused()
    {
        FluentActions.Invoking(() => SpiceLink.ReadMessage(new byte[17], "The viewer")).Should().Throw<SpiceException>().WithMessage("*17 bytes*18*");
        FluentActions.Invoking(() => SpiceLink.ReadReply(new byte[177], "The guest")).Should().Throw<SpiceException>().WithMessage("*177 bytes*178*");
    }

    [Fact]
    public void A_refusal_needs_no_key()
    {
        var body = new byte[178];
        body[0] = (byte)SpiceLinkError.NeedSecured;
        SpiceLink.ReadReply(body, "The guest").Error.Should().Be(SpiceLinkError.NeedSecured);
    }

    [Fact]
    public void Whatever_comes_is_read_or_refused_with_the_one_exception() =>
        Prop.ForAll(Gen.OneOf(Gen.Elements(SoundMessage, SoundReply).SelectMany(Mutated), Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()).ToArbitrary(), static said =>
        {
            try
            {
                if (said.Length < SpiceLink.HeaderLength)
                {
                    return true;
                }

                var length = SpiceLink.ReadHeader(said, "It");
                var body = said.AsSpan(SpiceLink.HeaderLength);
                body = body[..Math.Min(length, body.Length)];
                var message = SpiceLink.ReadMessage(body, "It");
                var reply = SpiceLink.ReadReply(body, "It");
                return Math.Max(message.Common.Words, reply.Own.Words) <= SpiceCapabilities.MaxWords;
            }
            catch (SpiceException)
            {
                return true;
            }
        }).Check(Runs);

    [Fact]
    public void A_hostile_guest_never_makes_the_link_fail_otherwise() =>
        Prop.ForAll(Mutated([.. SoundReply, 0, 0, 0, 0, .. SpiceSamples.Init(7)]).ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), static (said, pieces) =>
        {
            var running = SpiceGuestLink.RunAsync(new ScriptedStream(said, pieces), SpiceSamples.Link(), _ => Task.FromResult("x"), CancellationToken.None);
            return running.IsFaulted && running.Exception!.InnerException is SpiceException;
        }).Check(Runs);

    private static Gen<byte[]> Mutated(byte[] sound) =>
        from changes in Gen.Choose(0, 4)
        from places in Gen.Choose(0, sound.Length - 1).ArrayOf(changes)
        from values in Gen.Elements<byte>(0, 1, 2, 17, 19, 32, 33, 127, 128, 255).ArrayOf(changes)
        from cut in Gen.Frequency((3, Gen.Constant(sound.Length)), (1, Gen.Choose(0, sound.Length)))
        select Change(sound, places, values)[..cut];

    private static byte[] Change(byte[] sound, int[] places, byte[] values)
    {
        byte[] changed = [.. sound];

        foreach (var (place, value) in places.Zip(values))
        {
            changed[place] = value;
        }

        return changed;
    }
}
