using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Common.Rfb;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

public sealed class VncConnectorTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _pki.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_plain_guest_on_loopback_is_opened_and_told_that_it_is_shared()
    {
        await using var server = new FakeVncServer(new FakeVncScript { AfterInit = "pixels"u8.ToArray() });
        await using var end = await ConnectAsync(server);

        var pixels = new byte[6];
        await end.Stream.ReadExactlyAsync(pixels, _limit.Token);
        pixels.Should().Equal("pixels"u8.ToArray());
        await Eventually.TrueAsync(() => server.Shared.SequenceEqual([true]));
    }

    [Fact]
    public async Task A_secured_guest_with_a_password_is_opened_and_its_bytes_go_both_ways()
    {
        await using var server = new FakeVncServer(Secured(_pki.Server("node1"), VeNCryptSubtype.X509Vnc, VeNCryptSubtype.X509None));
        await using var end = await ConnectAsync(server);

        server.ChosenSubtypes.Should().Equal(VeNCryptSubtype.X509Vnc);
        await end.Stream.WriteAsync(RfbSamples.Key, _limit.Token);
        await Eventually.TrueAsync(() => server.Messages.Any(message => message.SequenceEqual(RfbSamples.Key)));
    }

    [Theory]
    [InlineData("node1")]
    [InlineData("127.0.0.1")]
    public async Task The_certificate_may_be_for_the_nodes_name_or_its_address(string name)
    {
        await using var server = new FakeVncServer(Secured(_pki.Server(name)));
        await using var end = await ConnectAsync(server);
        ((VncGuestEnd)end).Init.Name.Should().Be("QEMU (web1)");
    }

    [Fact]
    public async Task The_password_is_fetched_only_when_it_is_asked_for()
    {
        var password = new VncTargets.FixedPassword(null);
        await using var open = new FakeVncServer();
        await using (await VncTargets.Connector(_pki.Trust(), password: password).ConnectAsync(VncTargets.At(open.Port), _limit.Token))
        {
            password.Asked.Should().Be(0);
        }

        await using var closed = new FakeVncServer(new FakeVncScript { Types = [RfbSecurityType.VncAuthentication] });
        var act = () => VncTargets.Connector(_pki.Trust(), password: password).ConnectAsync(VncTargets.At(closed.Port), _limit.Token);
        (await act.Should().ThrowAsync<GuestException>().WithMessage("*wants a password, and it could not be had: The agent of node1 is away.")).Which.Failure.Should().Be(GuestFailure.Security);
    }

    public static TheoryData<string, string, string> Refused => new()
    {
        { "another authority", "Tls", "*from the wrong authority*" },
        { "another name", "Tls", "*has the wrong name: it is for node2, and not for node1 or 127.0.0.1.*" },
        { "expired", "Tls", "*has expired*" },
        { "not yet valid", "Tls", "*is not valid yet*" },
        { "a client's", "Tls", "*is for the wrong use*" },
        { "common name only", "Tls", "*has the wrong name: it is for nobody*" },
        { "anonymous", "Tls", "*TLS without a certificate only*" },
        { "injected", "Tls", "*TLS handshake failed*" },
        { "wrong password", "Security", "*refuses the VNC password: Authentication failed" },
        { "SASL", "Security", "*of VeNCrypt, X509Vnc and X509None are spoken here*" },
        { "full", "Security", "*offers no security type: full" },
        { "hostile reason", "Protocol", "*reason of 4294967295 bytes; 1024 is the limit*" },
        { "hostile name", "Protocol", "*desktop name of 4294967295 bytes*" },
        { "not RFB", "Protocol", "*does not speak RFB*" },
        { "another guest", "WrongGuest", "Another guest answered*" },
        { "a guest of a longer name", "WrongGuest", "Another guest answered*" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_guest_that_is_not_proved_is_refused_with_its_own_reason_and_gets_no_byte_of_the_viewers(string what, string failure, string words)
    {
        using var stranger = new TestPki("Stranger");
        var now = TimeProvider.System.GetUtcNow();

        await using var server = new FakeVncServer(what switch
        {
            "another authority" => Secured(stranger.Server("node1")),
            "another name" => Secured(_pki.Server("node2")),
            "expired" => Secured(_pki.Expired("node1")),
            "not yet valid" => Secured(_pki.Issue(new TestRequest { Names = ["node1"], NotBefore = now.AddHours(1) })),
            "a client's" => Secured(_pki.Client("node1")),
            "common name only" => Secured(_pki.Issue(new TestRequest { CommonName = "node1" })),
            "anonymous" => new FakeVncScript { Types = [RfbSecurityType.VeNCrypt], Subtypes = [VeNCryptSubtype.TlsNone, VeNCryptSubtype.TlsVnc] },
            "injected" => Secured(_pki.Server("node1")) with { InjectedBeforeTls = [0, 0, 0, 0, .. RfbSamples.ServerInit] },
            "wrong password" => Secured(_pki.Server("node1"), VeNCryptSubtype.X509Vnc) with { Password = "other" },
            "SASL" => Secured(_pki.Server("node1"), VeNCryptSubtype.X509Sasl),
            "full" => new FakeVncScript { Refusal = [0, 0, 0, 0, 4, .. "full"u8] },
            "hostile reason" => new FakeVncScript { Result = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff] },
            "hostile name" => new FakeVncScript { ServerInit = [.. RfbSamples.ServerInit[..20], 0xff, 0xff, 0xff, 0xff] },
            "not RFB" => new FakeVncScript { Version = "HTTP/1.1 400 Bad"u8.ToArray() },
            "another guest" => new FakeVncScript { Name = "QEMU (web2)" },
            "a guest of a longer name" => Secured(_pki.Server("node1")) with { Name = "QEMU (web1) (web1)" },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        });

        var act = () => ConnectAsync(server);
        var thrown = (await act.Should().ThrowAsync<GuestException>().WithMessage(words)).Which;
        thrown.Failure.Should().Be(Enum.Parse<GuestFailure>(failure));
        thrown.Message.Should().NotContain("web2", because: "whose console it is, is not the user's to know");
        await Eventually.TrueAsync(() => server.Open == 0);
        server.Messages.Should().BeEmpty();
    }

    [Fact]
    public async Task Where_TLS_is_required_a_plain_guest_is_refused_before_anything_is_chosen()
    {
        await using var server = new FakeVncServer(new FakeVncScript { Types = [RfbSecurityType.None, RfbSecurityType.VncAuthentication] });
        var act = () => VncTargets.Connector(_pki.Trust(), allowPlain: false).ConnectAsync(VncTargets.At(server.Port), _limit.Token);
        (await act.Should().ThrowAsync<GuestException>().WithMessage("*TLS is required for this console, and the server offers only None, VncAuthentication.*"))
            .Which.Failure.Should().Be(GuestFailure.Tls);
        server.ChosenTypes.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Version", "*")] // Dialled, or being greeted: a server that accepts and is silent cannot know how far we are.
    [InlineData("SecurityTypes", "the RFB handshake")]
    [InlineData("VeNCrypt", "the RFB handshake")]
    [InlineData("Tls", "the TLS handshake")]
    [InlineData("Authentication", "the * TLS*")]
    [InlineData("ServerInit", "authentication")]
    public async Task A_guest_that_stalls_anywhere_is_given_up_after_ten_seconds(string step, string words)
    {
        var clock = new TestClock();
        await using var server = new FakeVncServer(Secured(_pki.Server("node1"), VeNCryptSubtype.X509Vnc) with { StallsAt = Enum.Parse<FakeVncStep>(step) });
        var connecting = VncTargets.Connector(_pki.Trust(), clock: clock).ConnectAsync(VncTargets.At(server.Port), _limit.Token);

        // The step is reached in real time, the limit in the test's.
        await Eventually.TrueAsync(() => server.Stalled == 1);
        clock.Advance(TimeSpan.FromSeconds(9));
        connecting.IsCompleted.Should().BeFalse();
        clock.Advance(TimeSpan.FromSeconds(1));

        (await FluentActions.Awaiting(() => connecting).Should().ThrowAsync<GuestException>().WithMessage($"*stalled in {words}; 10 seconds are over."))
            .Which.Failure.Should().Be(GuestFailure.Unreachable);
        await Eventually.TrueAsync(() => server.Open == 0);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_that_the_guest_stalled()
    {
        await using var server = new FakeVncServer(new FakeVncScript { StallsAt = FakeVncStep.Version });
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var act = () => VncTargets.Connector(_pki.Trust()).ConnectAsync(VncTargets.At(server.Port), soon.Token);
        await act.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Nobody_at_home_is_unreachable()
    {
        using var nobody = Loopback.Nobody(out var port);
        var act = () => VncTargets.Connector(_pki.Trust()).ConnectAsync(VncTargets.At(port), _limit.Token);
        (await act.Should().ThrowAsync<GuestException>().WithMessage("*Connection refused*")).Which.Failure.Should().Be(GuestFailure.Unreachable);
    }

    [Fact]
    public async Task Only_a_VNC_console_of_a_domain_that_runs_is_dialled()
    {
        await using var server = new FakeVncServer();
        var target = VncTargets.At(server.Port);
        var connector = VncTargets.Connector(_pki.Trust());

        foreach (var other in new[] { target with { Domain = target.Domain with { Incarnation = null } }, target with { Endpoint = target.Endpoint with { Kind = ConsoleKind.Spice } } })
        {
            await FluentActions.Awaiting(() => connector.ConnectAsync(other, _limit.Token)).Should().ThrowAsync<GuestException>();
        }

        server.Accepted.Should().Be(0);
    }

    [Theory]
    [InlineData("View", false)]
    [InlineData("Control", true)]
    public async Task A_viewer_gets_a_handshake_of_its_own_and_what_its_rights_allow(string rights, bool keys)
    {
        await using var server = new FakeVncServer();
        await using var end = await ConnectAsync(server);
        var said = RfbSamples.Join(RfbSamples.Version, [1], [0], RfbSamples.UpdateRequest, RfbSamples.Key);
        var viewer = new ScriptedStream(said);

        await using var admitted = await end.AdmitAsync(viewer, Enum.Parse<ConsoleRights>(rights), _limit.Token);

        Encoding.UTF8.GetString(viewer.Heard.ToArray()).Should().EndWith("QEMU (web1)");
        var buffer = new byte[256];
        var got = await admitted.ReadAsync(buffer, _limit.Token);
        buffer[..got].Should().Equal(keys ? RfbSamples.Join(RfbSamples.UpdateRequest, RfbSamples.Key) : RfbSamples.UpdateRequest);
    }

    [Fact]
    public async Task A_viewer_that_leaves_breaks_or_stalls_in_its_handshake_is_told_apart()
    {
        var clock = new TestClock();
        await using var server = new FakeVncServer();
        await using var end = await VncTargets.Connector(_pki.Trust(), clock: clock).ConnectAsync(VncTargets.At(server.Port), _limit.Token);

        await FluentActions.Awaiting(() => end.AdmitAsync(new ScriptedStream([]), ConsoleRights.View, _limit.Token)).Should().ThrowAsync<IOException>();
        await FluentActions.Awaiting(() => end.AdmitAsync(new ScriptedStream(new byte[12]), ConsoleRights.View, _limit.Token)).Should().ThrowAsync<RfbException>();

        var (near, far) = await Loopback.PairAsync();
        var stalled = end.AdmitAsync(near, ConsoleRights.View, _limit.Token);
        clock.Advance(TimeSpan.FromSeconds(10));
        await FluentActions.Awaiting(() => stalled).Should().ThrowAsync<RfbException>().WithMessage("*within 10 seconds*");
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    private static FakeVncScript Secured(TestCertificate certificate, params VeNCryptSubtype[] subtypes) => new()
    {
        Types = [RfbSecurityType.VeNCrypt],
        Subtypes = subtypes.Length > 0 ? subtypes : [VeNCryptSubtype.X509None],
        Certificate = certificate,
    };

    private Task<GuestEnd> ConnectAsync(FakeVncServer server) => VncTargets.Connector(_pki.Trust()).ConnectAsync(VncTargets.At(server.Port), _limit.Token);
}
