using Consoles.Common.Rfb;
using Consoles.Common.Tls;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Rfb;

public sealed class RfbGuestHandshakeTests
{
    private static readonly byte[] None = RfbSamples.Join(RfbSamples.Version, [1, 1], [0, 0, 0, 0], RfbSamples.ServerInit);
    private static readonly byte[] Password = RfbSamples.Join(RfbSamples.Version, [2, 2, 1], RfbSamples.Challenge, [0, 0, 0, 0], RfbSamples.ServerInit);

    // The seam for TLS leaves the stream as it is, so one recording holds both what comes before TLS and what comes in it.
    private static readonly byte[] X509None =
        RfbSamples.Join(RfbSamples.Version, [2, 19, 1], [0, 2], [0], [1, 0, 0, 1, 4], [1], [0, 0, 0, 0], RfbSamples.ServerInit);

    private static readonly byte[] X509Vnc =
        RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [2, 0, 0, 1, 4, 0, 0, 1, 5], [1], RfbSamples.Challenge, [0, 0, 0, 0], RfbSamples.ServerInit);

    private static readonly Dictionary<string, byte[]> Recordings = new(StringComparer.Ordinal)
    {
        ["none"] = None,
        ["password"] = Password,
        ["x509"] = X509None,
        ["x509+password"] = X509Vnc,
    };

    private int _secured;
    private int _passwords;

    public static TheoryData<string> Recorded => [.. Recordings.Keys];

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task A_handshake_succeeds_however_its_bytes_arrive(string name)
    {
        for (var pieces = 1; pieces <= 64; pieces++)
        {
            var stream = new ScriptedStream([.. Recordings[name], 0xaa, 0xbb], pieces);
            var guest = await RunAsync(stream);

            guest.Init.Name.Should().Be("QEMU (web1)");
            stream.Taken.Should().Be(Recordings[name].Length, because: "what follows is for the relay to read");
            stream.Heard.ToArray()[^1].Should().Be(1, because: "the desktop is asked to be shared");
        }
    }

    [Fact]
    public void A_reason_that_announces_4_GiB_costs_no_more_than_one_of_three_bytes()
    {
        // Nova's bug 2155052: as many bytes were awaited as a guest announced.
        byte[] reason = [.. RfbSamples.Version, 0];
        CostOf([.. reason, 0, 0, 0, 3, .. "abc"u8]);
        var small = CostOf([.. reason, 0, 0, 0, 3, .. "abc"u8]);
        var huge = CostOf([.. reason, 255, 255, 255, 255, .. new byte[1000]]);

        (huge - small).Should().BeLessThan(4 * 1024);

        // All of it runs on this thread, since the stream has everything there already.
        long CostOf(byte[] said)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var running = RunAsync(new ScriptedStream(said));
            var cost = GC.GetAllocatedBytesForCurrentThread() - before;
            running.IsFaulted.Should().BeTrue();
            running.Exception!.InnerException.Should().BeOfType<RfbException>();
            return cost;
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task A_handshake_that_is_cut_anywhere_ends_as_one_that_was_cut(string name)
    {
        for (var length = 0; length < Recordings[name].Length; length++)
        {
            var stream = new ScriptedStream(Recordings[name][..length]);

            (await FluentActions.Awaiting(() => RunAsync(stream)).Should().ThrowAsync<RfbException>(because: $"{length} bytes came"))
                .Which.Fault.Should().Be(RfbFault.Ended);
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task A_handshake_with_any_byte_changed_ends_well_or_as_a_fault_of_the_peer(string name)
    {
        for (var at = 0; at < Recordings[name].Length; at++)
        {
            foreach (var value in (byte[])[0, 1, 2, 19, 127, 128, 255])
            {
                byte[] changed = [.. Recordings[name]];
                changed[at] = value;

                try
                {
                    await RunAsync(new ScriptedStream(changed));
                }
                catch (RfbException)
                {
                    // The one exception there may be.
                }
            }
        }
    }

    [Theory]
    [InlineData("none", 1, null, 0, 0)]
    [InlineData("password", 2, null, 0, 1)]
    [InlineData("x509", 19, 260, 1, 0)]
    [InlineData("x509+password", 19, 261, 1, 1)]
    public async Task The_strongest_of_what_is_offered_is_chosen(string name, int type, int? subtype, int secured, int passwords)
    {
        var guest = await RunAsync(new ScriptedStream(Recordings[name]));
        guest.Type.Should().Be((RfbSecurityType)type);
        guest.Subtype.Should().Be((VeNCryptSubtype?)(uint?)subtype);
        (_secured, _passwords).Should().Be((secured, passwords));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("password")]
    public async Task Where_TLS_is_required_nothing_else_is_taken(string name)
    {
        var stream = new ScriptedStream(Recordings[name]);
        var act = () => RunAsync(stream, allowPlain: false);
        var fault = (await act.Should().ThrowAsync<RfbException>().WithMessage("TLS is required*")).Which.Fault;
        fault.Should().Be(RfbFault.NoTls);
        stream.Heard.ToArray().Should().Equal(RfbSamples.Version, because: "not even a security type was chosen");
        _passwords.Should().Be(0);
    }

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "an old version", "RFB 003.003\n"u8.ToArray(), "*speaks RFB 3.3; 3.8 is needed*" },
        { "a less old version", "RFB 003.007\n"u8.ToArray(), "*speaks RFB 3.7; 3.8 is needed*" },
        { "another protocol", "HTTP/1.1 400 Bad"u8.ToArray(), "*does not speak RFB*" },
        { "no security type", RfbSamples.Join(RfbSamples.Version, [0], [0, 0, 0, 4], "full"u8.ToArray()), "*no security type: full" },
        { "only unknown types", RfbSamples.Join(RfbSamples.Version, [2, 5, 16]), "*offers 5, 16; without TLS*" },
        { "only Tls of old", RfbSamples.Join(RfbSamples.Version, [1, 18]), "*offers Tls; without TLS, VncAuthentication and None*" },
        { "VeNCrypt 0.1", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 1]), "*speaks VeNCrypt 0.1*" },
        { "VeNCrypt that takes itself back", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [1]), "*refuses VeNCrypt 0.2*" },
        { "TLS without certificates", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [2, 0, 0, 1, 1, 0, 0, 1, 2]), "*without a certificate only*TlsNone, TlsVnc*" },
        { "Plain", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [1, 0, 0, 1, 0]), "*VeNCrypt (Plain); of VeNCrypt, X509Vnc and X509None*" },
        { "X509Plain", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [1, 0, 0, 1, 6]), "*(X509Plain); of VeNCrypt*" },
        { "X509Sasl", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [1, 0, 0, 1, 7]), "*(X509Sasl); of VeNCrypt*" },
        { "a subtype that it takes back", RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [1, 0, 0, 1, 4], [0]), "*refuses the VeNCrypt subtype X509None*" },
        { "a refused password", RfbSamples.Join(RfbSamples.Version, [1, 2], RfbSamples.Challenge, [0, 0, 0, 1], [0, 0, 0, 3], "bad"u8.ToArray()), "*refuses the VNC password: bad" },
        { "a refused connection", RfbSamples.Join(RfbSamples.Version, [1, 1], [0, 0, 0, 2], [0, 0, 0, 3], "bad"u8.ToArray()), "*refuses the connection: bad" },
        { "an endless reason", RfbSamples.Join(RfbSamples.Version, [1, 1], [0, 0, 0, 1], RfbSamples.UInt32(uint.MaxValue)), "*4294967295 bytes*" },
        { "an endless name", RfbSamples.Join(RfbSamples.Version, [1, 1], [0, 0, 0, 0], RfbSamples.ServerInit[..20], RfbSamples.UInt32(uint.MaxValue)), "*desktop name of 4294967295 bytes*" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task What_is_not_acceptable_is_refused_in_words(string what, byte[] said, string words)
    {
        var act = () => RunAsync(new ScriptedStream(said));
        await act.Should().ThrowAsync<RfbException>(because: what).WithMessage(words);
    }

    [Fact]
    public async Task VeNCrypt_is_chosen_even_where_None_is_offered_and_allowed()
    {
        var stream = new ScriptedStream(RfbSamples.Join(RfbSamples.Version, [3, 1, 2, 19], [0, 2], [0], [1, 0, 0, 1, 4], [1], [0, 0, 0, 0], RfbSamples.ServerInit));
        (await RunAsync(stream)).Subtype.Should().Be(VeNCryptSubtype.X509None);
        stream.Heard.ToArray()[12].Should().Be(19);
    }

    [Fact]
    public async Task A_stream_that_was_secured_is_closed_when_what_follows_fails()
    {
        var secured = new ScriptedStream([0, 0, 0, 1, 0, 0, 0, 0]);
        var plain = new ScriptedStream(RfbSamples.Join(RfbSamples.Version, [1, 19], [0, 2], [0], [1, 0, 0, 1, 4], [1]));
        var policy = new RfbGuestPolicy { AllowPlain = false, Secure = (_, _) => Task.FromResult<Stream>(secured), Password = _ => Task.FromResult("") };

        await FluentActions.Awaiting(() => RfbGuestHandshake.RunAsync(plain, policy, default)).Should().ThrowAsync<RfbException>();
        secured.CanRead.Should().BeFalse();
    }

    [Fact]
    public async Task A_connection_that_breaks_is_a_fault_of_the_peer()
    {
        var (near, far) = await Loopback.PairAsync();
        far.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        await far.DisposeAsync();
        (await FluentActions.Awaiting(() => RunAsync(near)).Should().ThrowAsync<RfbException>()).Which.Fault.Should().Be(RfbFault.Ended);
    }

    private Task<RfbGuest> RunAsync(Stream stream, bool allowPlain = true) => RfbGuestHandshake.RunAsync(
        stream,
        new RfbGuestPolicy
        {
            AllowPlain = allowPlain,
            Secure = (plain, _) =>
            {
                _secured++;
                return Task.FromResult(plain);
            },
            Password = _ =>
            {
                _passwords++;
                return Task.FromResult("secret");
            },
        },
        CancellationToken.None);
}
