using System.Buffers.Binary;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;
using Consoles.Broker.Tokens;
using Consoles.Common.Relaying;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions.Spice;

public sealed class SpiceConnectorTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));

    private CancellationToken Limit => _limit.Token;

    public void Dispose()
    {
        _pki.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_guest_is_proved_on_its_main_channel_and_bytes_go_both_ways()
    {
        await using var server = new FakeSpiceServer();
        await using var end = await ConnectAsync(server);
        var (viewer, admitted) = await AdmitAsync(end);
        var guest = await server.NextAsync(SpiceChannelType.Main);

        // What was read for the proof comes to the viewer, without the name it did not ask for.
        var relaying = RelayAsync(admitted, end.Stream);
        (await viewer.SessionAsync(Limit)).Should().Be(0x1234_5678);
        await guest.WriteAsync(SpiceSamples.Message(4, 1, 2, 3), Limit);
        (await viewer.ReceiveAsync(Limit)).Should().BeEquivalentTo((4, new byte[] { 1, 2, 3 }));

        await viewer.SendAsync(SpiceMessage.MainAttachChannels, Array.Empty<byte>(), Limit);
        var header = new byte[6];
        await guest.ReadExactlyAsync(header, Limit);
        header.Should().Equal(104, 0, 0, 0, 0, 0);
        await viewer.Stream.DisposeAsync();
        await relaying;
    }

    [Fact]
    public async Task A_viewer_that_asks_for_the_name_gets_it()
    {
        await using var server = new FakeSpiceServer();
        await using var end = await ConnectAsync(server);
        var (viewer, admitted) = await AdmitAsync(end, SpiceSamples.Link(own: SpiceCapabilities.Of(1, 2)));
        var relaying = RelayAsync(admitted, end.Stream);

        (await viewer.ReceiveAsync(SpiceMessage.MainUuid, Limit)).Should().Equal(VncTargets.Domain.Uuid.ToByteArray(bigEndian: true));
        await viewer.Stream.DisposeAsync();
        await relaying;
    }

    [Fact]
    public async Task Each_further_channel_is_linked_with_the_abilities_of_the_viewer_and_the_number_of_the_session()
    {
        await using var server = new FakeSpiceServer();
        await using var end = await ConnectAsync(server);
        var (_, _, opened) = await OpenAsync(end, server, SpiceSamples.Link(SpiceChannelType.Display, 0x1234_5678, own: SpiceCapabilities.Of(0, 9)));

        opened.Name.Should().Be("Display");
        var (link, _) = server.Links.Last();
        (link.Type, link.ConnectionId).Should().Be((SpiceChannelType.Display, 0x1234_5678u));
        link.Own.Has(9).Should().BeTrue();
        link.Own.Has(2).Should().BeFalse();
        await opened.Guest.DisposeAsync();
    }

    [Fact]
    public async Task A_viewer_that_selects_no_authentication_has_its_further_channels_too()
    {
        await using var server = new FakeSpiceServer(new FakeSpiceScript { Ticket = "secret" });
        await using var end = await ConnectAsync(server);
        var (_, _, opened) = await OpenAsync(end, server, SpiceSamples.Link(SpiceChannelType.Display, 0x1234_5678, SpiceCapabilities.Of(SpiceCapabilities.MiniHeader)));

        server.Links.Should().OnlyContain(asked => asked.Link.Common.Has(SpiceCapabilities.AuthSelection) && asked.Link.Common.Has(SpiceCapabilities.MiniHeader));
        server.Tickets.Last().Should().Be("secret");
        await opened.Guest.DisposeAsync();
    }

    [Fact]
    public async Task A_viewer_is_told_that_there_is_no_agent_in_the_guest()
    {
        byte[] init = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0];
        await using var server = new FakeSpiceServer(new FakeSpiceScript
        {
            Beginning = [.. SpiceSamples.Message(SpiceMessage.MainInit, init), .. SpiceSamples.Message(SpiceMessage.MainUuid, VncTargets.Domain.Uuid.ToByteArray(bigEndian: true))],
        });
        await using var end = await ConnectAsync(server);
        var (viewer, admitted) = await AdmitAsync(end);
        var relaying = RelayAsync(admitted, end.Stream);

        (await viewer.ReceiveAsync(SpiceMessage.MainInit, Limit)).Should().Equal([.. init[..16], 0, 0, 0, 0, 0, 0, 0, 0, .. init[24..]]);
        await viewer.Stream.DisposeAsync();
        await relaying;
    }

    [Theory]
    [InlineData("UsbRedirection", 0x1234_5678u, "*UsbRedirection channel, which is not opened here*")]
    [InlineData("Record", 0x1234_5678u, "*Record channel, which is not opened here*")]
    [InlineData("Main", 0x1234_5678u, "*Main channel, which is not opened here*")]
    [InlineData("Display", 0x1234_5679u, "*another SPICE session*")]
    [InlineData("Inputs", 0u, "*another SPICE session*")]
    public async Task Channels_that_are_not_of_this_session_reach_no_guest(string type, uint connection, string words)
    {
        await using var server = new FakeSpiceServer();
        await using var end = await ConnectAsync(server);
        var (near, far) = await Loopback.PairAsync();
        await far.WriteAsync(SpiceLink.Write(SpiceSamples.Link(Enum.Parse<SpiceChannelType>(type), connection)), Limit);

        await FluentActions.Awaiting(() => ((IFurtherChannels)end).OpenAsync(Target(server), near, ConsoleRights.Control, Limit))
            .Should().ThrowAsync<SpiceException>().WithMessage(words);
        server.Accepted.Should().Be(1);
    }

    [Fact]
    public async Task No_further_channel_is_opened_once_the_proved_guest_has_closed_its_main_one()
    {
        await using var server = new FakeSpiceServer();
        await using var end = await ConnectAsync(server);
        await (await server.NextAsync(SpiceChannelType.Main)).DisposeAsync();

        // The end is found by whoever reads, which in a session is the relay.
        var buffer = new byte[1024];

        while (await end.Stream.ReadAsync(buffer, Limit) > 0)
        {
        }

        var (near, far) = await Loopback.PairAsync();
        await far.WriteAsync(SpiceLink.Write(SpiceSamples.Link(SpiceChannelType.Display, 0x1234_5678)), Limit);
        await FluentActions.Awaiting(() => ((IFurtherChannels)end).OpenAsync(Target(server), near, ConsoleRights.Control, Limit)).Should().ThrowAsync<GuestException>();
    }

    [Fact]
    public async Task The_viewer_never_meets_the_guests_key_nor_its_ticket()
    {
        await using var server = new FakeSpiceServer(new FakeSpiceScript { Ticket = "s3cret" });
        var password = new VncTargets.FixedPassword("s3cret");
        await using var end = await SpiceTargets.Connector(_pki.Trust(), password: password).ConnectAsync(Target(server, passwordSet: true), Limit);
        var (viewer, _) = await AdmitAsync(end, ticket: "anything");
        var guests = server.PublicKey;

        server.Tickets.Should().Equal("s3cret");
        viewer.PublicKey.Should().HaveCount(SpiceLink.PublicKeyLength).And.NotEqual(guests);
        password.Asked.Should().Be(1);

        var (_, _, opened) = await OpenAsync(end, server, SpiceSamples.Link(SpiceChannelType.Inputs, 0x1234_5678), passwordSet: true);
        server.Tickets.Should().Equal("s3cret", "s3cret");
        password.Asked.Should().Be(2, because: "the ticket is kept nowhere");
        await opened.Guest.DisposeAsync();
    }

    [Fact]
    public async Task A_ticket_that_nobody_told_of_is_found_when_QEMU_wants_it_and_shown_at_once_from_then_on()
    {
        await using var server = new FakeSpiceServer(new FakeSpiceScript { Ticket = "s3cret" });
        await using var end = await SpiceTargets.Connector(_pki.Trust(), password: new VncTargets.FixedPassword("s3cret")).ConnectAsync(Target(server), Limit);
        server.Tickets.Should().Equal("", "s3cret");
        var (_, _, opened) = await OpenAsync(end, server, SpiceSamples.Link(SpiceChannelType.Inputs, 0x1234_5678));
        server.Tickets.Should().Equal("", "s3cret", "s3cret");
        await opened.Guest.DisposeAsync();
    }

    [Fact]
    public async Task A_ticket_is_asked_for_only_where_there_is_one()
    {
        await using var server = new FakeSpiceServer();
        var password = new VncTargets.FixedPassword(null);
        await using var end = await SpiceTargets.Connector(_pki.Trust(), password: password).ConnectAsync(Target(server), Limit);
        password.Asked.Should().Be(0);
        server.Tickets.Should().Equal("");
    }

    [Theory]
    [InlineData(false, true, null, true)] // A TLS port alone.
    [InlineData(true, true, null, false)] // Both, on loopback.
    [InlineData(true, true, false, true)] // Both, and policy wants TLS.
    public async Task The_door_is_the_one_that_policy_allows(bool plain, bool tls, bool? allowPlain, bool through)
    {
        await using var server = new FakeSpiceServer(new FakeSpiceScript { Certificate = _pki.Server("node1") });
        var target = SpiceTargets.At(plain ? server.Port : null, tls ? server.TlsPort : null);
        await using var end = await SpiceTargets.Connector(_pki.Trust(), allowPlain).ConnectAsync(target, Limit);
        server.Links.Select(link => link.Tls).Should().Equal(through);
    }

    [Fact]
    public async Task A_guest_that_wants_a_channel_inside_TLS_gets_it_there()
    {
        await using var server = new FakeSpiceServer(new FakeSpiceScript
        {
            Certificate = _pki.Server("node1"),
            Refuse = (link, tls) => tls || link.Type == SpiceChannelType.Main ? SpiceLinkError.Ok : SpiceLinkError.NeedSecured,
        });
        await using var end = await SpiceTargets.Connector(_pki.Trust()).ConnectAsync(SpiceTargets.At(server.Port, server.TlsPort), Limit);
        server.Links.Select(link => link.Tls).Should().Equal(false);

        var (_, _, opened) = await OpenAsync(end, server, SpiceSamples.Link(SpiceChannelType.Inputs, 0x1234_5678), target: SpiceTargets.At(server.Port, server.TlsPort));
        server.Links.Select(link => link.Tls).Should().Equal(false, false, true);
        await opened.Guest.DisposeAsync();
    }

    [Fact]
    public async Task What_an_agent_carries_may_be_plain()
    {
        await using var server = new FakeSpiceServer();
        await using var end = await SpiceTargets.Connector(_pki.Trust(), allowPlain: false, agents: new SpiceTargets.Carrying(server.Port)).ConnectAsync(Target(server), Limit);
        server.Links.Should().ContainSingle();
    }

    [Fact]
    public async Task A_guest_that_stalls_is_given_up_after_ten_seconds()
    {
        var clock = new TestClock();
        await using var server = new FakeSpiceServer(new FakeSpiceScript { Silent = true });
        var connecting = SpiceTargets.Connector(_pki.Trust(), clock: clock).ConnectAsync(Target(server), Limit);
        await Eventually.TrueAsync(() => !server.Links.IsEmpty);
        clock.Advance(TimeSpan.FromSeconds(10));
        await FluentActions.Awaiting(() => connecting).Should().ThrowAsync<GuestException>().WithMessage("*stalled*10 seconds*");
    }

    [Theory]
    [InlineData(0, 0x31313131u, "*does not speak SPICE*")]
    [InlineData(4, 1u, "*speaks SPICE 1.2*")]
    [InlineData(12, 5000u, "*of 5000 bytes; 4096 is the limit*")]
    [InlineData(16 + 6, 99u, "*99 words of abilities*")]
    [InlineData(16 + 14, 99u, "*at byte 99*")]
    [InlineData(16 + 4, 0x0001_0002u, "*begins with its main channel*")]
    [InlineData(16, 7u, "*begins with its main channel*")]
    [InlineData(16 + 18, 0b0011u, "*too old*short*")]
    [InlineData(16 + 22, 0u, "*too old*agent*")]
    public async Task A_viewer_that_breaks_the_protocol_is_refused_in_words(int at, uint value, string words)
    {
        await using var server = new FakeSpiceServer();
        await using var end = await ConnectAsync(server);
        var said = new ScriptedStream(Changed(SpiceLink.Write(SpiceSamples.Link()), at, value));
        await FluentActions.Awaiting(() => end.AdmitAsync(said, ConsoleRights.Control, Limit)).Should().ThrowAsync<SpiceException>().WithMessage(words);
    }

    private static byte[] Changed(byte[] sound, int at, uint value)
    {
        byte[] changed = [.. sound];
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }

    private static ConsoleTarget Target(FakeSpiceServer server, bool passwordSet = false) => SpiceTargets.At(server.Port, passwordSet: passwordSet);

    private static async Task RelayAsync(Stream viewer, Stream guest) => await Relay.RunAsync(viewer, guest, null, CancellationToken.None);

    private Task<GuestEnd> ConnectAsync(FakeSpiceServer server) => SpiceTargets.Connector(_pki.Trust()).ConnectAsync(Target(server), Limit);

    private async Task<(SpiceViewer Viewer, Stream Admitted)> AdmitAsync(GuestEnd end, SpiceLinkMessage? link = null, string ticket = "")
    {
        var (near, far) = await Loopback.PairAsync();
        var viewer = new SpiceViewer(far);
        var admitting = end.AdmitAsync(near, ConsoleRights.Control, Limit);
        await viewer.LinkAsync(link ?? SpiceSamples.Link(), Limit, ticket);
        return (viewer, await admitting);
    }

    private async Task<(SpiceViewer Viewer, Stream Guest, FurtherChannel Opened)> OpenAsync(
        GuestEnd end, FakeSpiceServer server, SpiceLinkMessage link, bool passwordSet = false, ConsoleTarget? target = null)
    {
        await server.NextAsync(SpiceChannelType.Main);
        var (near, far) = await Loopback.PairAsync();
        var viewer = new SpiceViewer(far);
        var opening = ((IFurtherChannels)end).OpenAsync(target ?? Target(server, passwordSet), near, ConsoleRights.Control, Limit);
        await viewer.LinkAsync(link, Limit);
        return (viewer, await server.NextAsync(link.Type), await opening);
    }
}
