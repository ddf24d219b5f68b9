using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Rfb;

public sealed class RfbReaderTests
{
    private delegate bool Read(ref RfbReader reader);

    private static readonly Dictionary<string, (byte[] Bytes, Read Read)> Messages = new(StringComparer.Ordinal)
    {
        ["version"] = (RfbSamples.Version, (ref reader) => reader.TryReadVersion(out _)),
        ["security types"] = ([3, 1, 2, 19], (ref reader) => reader.TryReadSecurityTypes(out _)),
        ["chosen type"] = ([1], (ref reader) => reader.TryReadSecurityType(out _)),
        ["VeNCrypt version"] = ([0, 2], (ref reader) => reader.TryReadVeNCryptVersion(out _)),
        ["VeNCrypt version accepted"] = ([0], (ref reader) => reader.TryReadVeNCryptVersionAccepted(out _)),
        ["VeNCrypt subtypes"] = ([2, 0, 0, 1, 4, 0, 0, 1, 5], (ref reader) => reader.TryReadVeNCryptSubtypes(out _)),
        ["VeNCrypt subtype"] = ([0, 0, 1, 4], (ref reader) => reader.TryReadVeNCryptSubtype(out _)),
        ["VeNCrypt subtype accepted"] = ([1], (ref reader) => reader.TryReadVeNCryptSubtypeAccepted(out _)),
        ["challenge"] = (RfbSamples.Challenge, (ref reader) => reader.TryReadChallenge(out _)),
        ["security result"] = ([0, 0, 0, 0], (ref reader) => reader.TryReadSecurityResult(out _)),
        ["refusal"] = ([0, 0, 0, 1, 0, 0, 0, 2, .. "no"u8], (ref reader) => reader.TryReadSecurityResult(out _)),
        ["client init"] = ([1], (ref reader) => reader.TryReadClientInit(out _)),
        ["server init"] = (RfbSamples.ServerInit, (ref reader) => reader.TryReadServerInit(out _)),
    };

    public static TheoryData<string> Names => [.. Messages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_incomplete_message_consumes_nothing_and_says_what_it_lacks(string name)
    {
        var (bytes, read) = Messages[name];

        for (var arrived = 0; arrived < bytes.Length; arrived++)
        {
            var reader = new RfbReader(bytes.AsSpan(0, arrived));
            read(ref reader).Should().BeFalse(because: $"only {arrived} of {bytes.Length} bytes are there");
            reader.Consumed.Should().Be(0);
            reader.Missing.Should().BeInRange(1, bytes.Length - arrived, because: "more would be another message's");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_whole_message_is_consumed_and_no_byte_of_the_next(string name)
    {
        var (bytes, read) = Messages[name];
        var reader = new RfbReader([.. bytes, 99, 99]);
        read(ref reader).Should().BeTrue();
        reader.Consumed.Should().Be(bytes.Length);
    }

    [Fact]
    public void A_server_init_is_read_as_it_was_written()
    {
        var reader = new RfbReader(RfbSamples.ServerInit);
        reader.TryReadServerInit(out var init).Should().BeTrue();
        (init!.Width, init.Height, init.Name).Should().Be((720, 400, "QEMU (web1)"));

        var written = new byte[RfbSamples.ServerInit.Length];
        var writer = new RfbWriter(written);
        writer.WriteServerInit(init);
        written.Should().Equal(RfbSamples.ServerInit);
    }

    [Theory]
    [InlineData("HTTP/1.1 400")]
    [InlineData("SSH-2.0-Open")]
    [InlineData("RFB 3.8\n\n\n\n\n")]
    [InlineData("RFB 00x.008\n")]
    [InlineData("RFB -03.008\n")]
    [InlineData("RFB 003,008\n")]
    public void A_greeting_that_is_not_RFB_is_refused(string greeting) =>
        Reading(System.Text.Encoding.ASCII.GetBytes(greeting), (ref reader) => reader.TryReadVersion(out _))
            .Should().Throw<RfbException>().WithMessage("*does not speak RFB*");

    [Fact]
    public void No_security_type_at_all_is_a_refusal_with_the_servers_reason() =>
        Reading([0, 0, 0, 0, 17, .. "Too many\r\nclients"u8], (ref reader) => reader.TryReadSecurityTypes(out _))
            .Should().Throw<RfbException>().WithMessage("*no security type: Too many  clients").Which.Fault.Should().Be(RfbFault.Refused);

    [Fact]
    public void Reasons_and_names_are_refused_by_the_length_they_announce()
    {
        Reading([0, .. RfbSamples.UInt32(uint.MaxValue)], (ref reader) => reader.TryReadSecurityTypes(out _))
            .Should().Throw<RfbException>().WithMessage("*reason of 4294967295 bytes; 1024 is the limit*");

        Reading([0, 0, 0, 1, .. RfbSamples.UInt32(1025)], (ref reader) => reader.TryReadSecurityResult(out _))
            .Should().Throw<RfbException>().WithMessage("*reason of 1025 bytes*");

        Reading([.. RfbSamples.ServerInit.Take(20), .. RfbSamples.UInt32(0x8000_0000)], (ref reader) => reader.TryReadServerInit(out _))
            .Should().Throw<RfbException>().WithMessage("*desktop name of 2147483648 bytes*");
    }

    [Fact]
    public void Lists_are_refused_by_the_number_they_announce()
    {
        Reading([33], (ref reader) => reader.TryReadSecurityTypes(out _)).Should().Throw<RfbException>().WithMessage("*33 security types*");
        Reading([33], (ref reader) => reader.TryReadVeNCryptSubtypes(out _)).Should().Throw<RfbException>().WithMessage("*33 VeNCrypt subtypes*");
        Reading([0], (ref reader) => reader.TryReadVeNCryptSubtypes(out _)).Should().Throw<RfbException>().WithMessage("*0 VeNCrypt subtypes*");
    }

    [Fact]
    public void A_reason_cannot_forge_a_line_of_a_log()
    {
        var reader = new RfbReader([0, 0, 0, 1, 0, 0, 0, 8, .. "a\nb\u001b[c\0d"u8]);
        reader.TryReadSecurityResult(out var refusal).Should().BeTrue();
        refusal.Should().Be("a b [c d");
    }

    private static Action Reading(byte[] bytes, Read read) => () =>
    {
        var reader = new RfbReader(bytes);
        read(ref reader);
    };
}
