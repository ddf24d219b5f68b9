using System.Buffers.Binary;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions.Spice;

/// <summary>Guests that do not prove who they are, or break the protocol.</summary>
public sealed class SpiceRefusalTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));

    private CancellationToken Limit => _limit.Token;

    public void Dispose()
    {
        _pki.Dispose();
        _limit.Dispose();
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { "another guest", "WrongGuest", "Another guest answered*" },
        { "nobody", "Protocol", "*does not say whose it is*" },
        { "endless", "Protocol", "*does not say whose it is*" },
        { "another authority", "Tls", "*from the wrong authority*" },
        { "another name", "Tls", "*has the wrong name*" },
        { "expired", "Tls", "*has expired*" },
        { "no TLS there", "Tls", "*Main channel inside TLS, and there is no TLS port*" },
        { "plain", "Tls", "TLS is required for this console, and there is no TLS port*" },
        { "wrong ticket", "Security", "*refuses the SPICE ticket*" },
        { "no ticket", "Security", "*could not be had: The agent of node1 is away.*" },
        { "long ticket", "Security", "*longer than 60 bytes*" },
        { "SASL", "Security", "*wants SASL*" },
        { "old", "Security", "*too old*" },
        { "refuses", "Security", "*refused its Main channel: Error*" },
        { "not SPICE", "Protocol", "*does not speak SPICE*" },
        { "version", "Protocol", "*speaks SPICE 1.2*" },
        { "size", "Protocol", "*of 4294967295 bytes; 4096 is the limit*" },
        { "abilities", "Protocol", "*4294967295 words of abilities*" },
        { "key", "Protocol", "*no usable RSA key*" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_guest_that_is_not_proved_is_refused_with_its_own_reason(string what, string failure, string words)
    {
        using var stranger = new TestPki("Stranger");
        var sound = SpiceLink.Write(new SpiceLinkReply(SpiceLinkError.Ok, new byte[SpiceLink.PublicKeyLength], SpiceSamples.Common, SpiceSamples.Main));
        var refusal = SpiceLink.Write(new SpiceLinkReply(SpiceLinkError.NeedSecured, ReadOnlyMemory<byte>.Empty, SpiceCapabilities.None, SpiceCapabilities.None));

        await using var server = new FakeSpiceServer(what switch
        {
            "another guest" => new FakeSpiceScript { Guest = Guid.NewGuid() },
            "nobody" => new FakeSpiceScript { Beginning = [.. SpiceSamples.Init(1), .. Enumerable.Repeat(SpiceSamples.Message(4, 1), 9).SelectMany(ping => ping)] },
            "endless" => new FakeSpiceScript { Beginning = [103, 0, 0xff, 0xff, 0xff, 0xff] },
            "another authority" => new FakeSpiceScript { Certificate = stranger.Server("node1") },
            "another name" => new FakeSpiceScript { Certificate = _pki.Server("node2") },
            "expired" => new FakeSpiceScript { Certificate = _pki.Expired("node1") },
            "no TLS there" => new FakeSpiceScript { Reply = refusal },
            "wrong ticket" => new FakeSpiceScript { Ticket = "other" },
            "SASL" => new FakeSpiceScript { Common = SpiceCapabilities.Of(0, 2, 3) },
            "old" => new FakeSpiceScript { Common = SpiceCapabilities.Of(0, 1) },
            "refuses" => new FakeSpiceScript { Refuse = (_, _) => SpiceLinkError.Error },
            "not SPICE" => new FakeSpiceScript { Reply = "RFB 003.008\nRFB 003.008\n"u8.ToArray() },
            "version" => new FakeSpiceScript { Reply = Changed(sound, 4, 1) },
            "size" => new FakeSpiceScript { Reply = Changed(sound, 12, uint.MaxValue) },
            "abilities" => new FakeSpiceScript { Reply = Changed(sound, 16 + 166, uint.MaxValue) },
            "key" => new FakeSpiceScript { Reply = sound },
            _ => new FakeSpiceScript(),
        });

        var tls = what is "another authority" or "another name" or "expired";
        var target = tls ? SpiceTargets.At(null, server.TlsPort) : SpiceTargets.At(server.Port, passwordSet: what.EndsWith("ticket", StringComparison.Ordinal));
        var password = new VncTargets.FixedPassword(what switch { "no ticket" => null, "long ticket" => new string('x', 61), _ => "secret" });
        var act = () => SpiceTargets.Connector(_pki.Trust(), allowPlain: what == "plain" ? false : null, password).ConnectAsync(target, Limit);

        var thrown = (await act.Should().ThrowAsync<GuestException>().WithMessage(words)).Which;
        thrown.Failure.Should().Be(Enum.Parse<GuestFailure>(failure));
        thrown.ToString().Should().NotContain("secret");
    }

    private static byte[] Changed(byte[] sound, int at, uint value)
    {
        byte[] changed = [.. sound];
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }
}
