using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Sessions;
using Consoles.Broker.Sessions.Spice;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Consoles.Tests.Broker.Sessions.Spice;

/// <summary>The channels of a SPICE session, admitted by one ticket.</summary>
public sealed class SpiceSessionTests : IAsyncLifetime
{
    private readonly FakeSpiceServer _server = new();
    private readonly TestPki _pki = new();
    private readonly TestClock _clock = new();
    private LiveBroker _broker = null!;

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _server.DisposeAsync();
        _pki.Dispose();
    }

    [Fact]
    public async Task One_ticket_admits_all_channels_of_a_session_and_bytes_go_both_ways()
    {
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var display = await OpenAsync(ticket, SpiceChannelType.Display, main);
        using var inputs = await OpenAsync(ticket, SpiceChannelType.Inputs, main);

        await _server.NextAsync(SpiceChannelType.Main);
        var screen = await _server.NextAsync(SpiceChannelType.Display);
        var keyboard = await _server.NextAsync(SpiceChannelType.Inputs);

        await screen.WriteAsync(SpiceSamples.Message(304, "pixels"u8), SpicePage.Limit);
        (await display.Viewer.ReceiveAsync(304, SpicePage.Limit)).Should().Equal("pixels"u8.ToArray());

        await inputs.Viewer.SendAsync(101, new byte[] { 30, 0, 0, 0 }, SpicePage.Limit);
        var key = new byte[10];
        await keyboard.ReadExactlyAsync(key, SpicePage.Limit);
        key.Should().Equal(101, 0, 4, 0, 0, 0, 30, 0, 0, 0);
        _broker.Sessions.Sessions.Should().ContainSingle();
    }

    [Fact]
    public async Task A_ticket_of_another_session_or_browser_admits_no_channel()
    {
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);

        // A ticket of its own, but for a session that is not open yet: it would have to begin with its main channel.
        var others = await RedeemAsync();
        using var other = await SpicePage.ConnectAsync(_broker.Origin, others.Secret, $"consoles={others.Cookie}");
        await other.Viewer.Stream.WriteAsync(SpiceLink.Write(SpiceSamples.Link(SpiceChannelType.Display, main.Session)), SpicePage.Limit);
        (await other.ClosedAsync()).Code.Should().Be(1002);

        using var elsewhere = await SpicePage.ConnectAsync(_broker.Origin, ticket.Secret, $"consoles={others.Cookie}");
        (await elsewhere.ClosedAsync()).Should().Be((4001, SessionEnding.TokenInvalid.Reason));

        using var unknown = await SpicePage.ConnectAsync(_broker.Origin, "never-issued", $"consoles={ticket.Cookie}");
        (await unknown.ClosedAsync()).Code.Should().Be(4001);
        _server.Links.Count(link => link.Link.Type == SpiceChannelType.Display).Should().Be(0);
    }

    [Fact]
    public async Task A_ticket_admits_nothing_once_its_session_has_ended()
    {
        var ticket = await RedeemAsync();

        using (var main = await OpenAsync(ticket))
        {
            await main.CloseAsync();
        }

        await Eventually.TrueAsync(() => _broker.Sessions.Sessions.Count == 0);
        using var late = await SpicePage.ConnectAsync(_broker.Origin, ticket.Secret, $"consoles={ticket.Cookie}");
        (await late.ClosedAsync()).Should().Be((4001, SessionEnding.TokenInvalid.Reason));
    }

    [Fact]
    public async Task A_session_ends_with_all_its_channels()
    {
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var display = await OpenAsync(ticket, SpiceChannelType.Display, main);

        _broker.Sessions.End(_ => true, SessionEnding.Revoked);

        (await main.ClosedAsync()).Should().Be((4002, SessionEnding.Revoked.Reason));
        (await display.ClosedAsync()).Should().Be((4002, SessionEnding.Revoked.Reason));
    }

    [Fact]
    public async Task The_main_channel_is_the_session_and_the_others_are_not()
    {
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var cursor = await OpenAsync(ticket, SpiceChannelType.Cursor, main);
        using var display = await OpenAsync(ticket, SpiceChannelType.Display, main);

        await cursor.CloseAsync();
        using var again = await OpenAsync(ticket, SpiceChannelType.Cursor, main);
        await main.CloseAsync();

        (await display.ClosedAsync()).Should().Be((1000, SessionEnding.ViewerLeft.Reason));
        (await again.ClosedAsync()).Code.Should().Be(1000);
    }

    [Fact]
    public async Task A_guest_that_stops_ends_every_channel_with_the_reason()
    {
        await RestartAsync(_clock);
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var display = await OpenAsync(ticket, SpiceChannelType.Display, main);
        await using var console = await _server.NextAsync(SpiceChannelType.Main);
        await using var screen = await _server.NextAsync(SpiceChannelType.Display);
        var session = _broker.Sessions.Sessions.Single();

        _broker.Report(Guest(running: false));
        await screen.DisposeAsync();
        await console.DisposeAsync();

        // A channel waits for the reason for a second, which must not be over before the reason is known.
        var left = TimeSpan.FromSeconds(0.9);
        await Eventually.TrueAsync(() =>
        {
            var step = left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(25) : TimeSpan.Zero;
            left -= step;
            _clock.Advance(step);
            return session.Ending is not null;
        });

        (await ClosedAsync(display)).Should().Be((4003, SessionEnding.GuestStopped.Reason));
        (await ClosedAsync(main)).Should().Be((4003, SessionEnding.GuestStopped.Reason));
    }

    [Fact]
    public async Task The_viewer_that_had_the_console_before_is_told_that_another_took_it()
    {
        using var first = await OpenAsync(await RedeemAsync());
        var before = await _server.NextAsync(SpiceChannelType.Main);
        using var second = await OpenAsync(await RedeemAsync());

        // As spice-server does.
        await before.DisposeAsync();
        (await first.ClosedAsync()).Should().Be((4008, SessionEnding.TakenOver.Reason));
        await Eventually.TrueAsync(() => _broker.Sessions.Sessions.Count == 1);
    }

    [Fact]
    public async Task A_session_has_so_many_channels_and_no_more()
    {
        await RestartAsync("--Sessions:MaxChannels=4");
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var first = await OpenAsync(ticket, SpiceChannelType.Cursor, main);
        using var second = await OpenAsync(ticket, SpiceChannelType.Cursor, main);
        using var third = await OpenAsync(ticket, SpiceChannelType.Cursor, main);
        await RefusedAsync(ticket);

        await third.CloseAsync();
        using var again = await Eventually.GetAsync(async () =>
        {
            try
            {
                return await OpenAsync(ticket, SpiceChannelType.Cursor, main);
            }
            catch (SpicePageRefusedException)
            {
                return null;
            }
        });
    }

    [Fact]
    public async Task Channels_count_towards_what_the_broker_has_room_for()
    {
        await RestartAsync("--Sessions:MaxSessions=3");
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var display = await OpenAsync(ticket, SpiceChannelType.Display, main);
        _broker.Sessions.HasRoom.Should().BeTrue();
        using var cursor = await OpenAsync(ticket, SpiceChannelType.Cursor, main);

        _broker.Sessions.HasRoom.Should().BeFalse();
        await RefusedAsync(ticket);
        await main.CloseAsync();
        await display.ClosedAsync();
        await cursor.ClosedAsync();
        await Eventually.TrueAsync(() => _broker.Sessions.HasRoom && _broker.Sessions.Sessions.Count == 0);
    }

    [Fact]
    public async Task Who_may_only_look_presses_no_key()
    {
        var ticket = await RedeemAsync(ConsoleRights.View);
        using var main = await OpenAsync(ticket);
        using var inputs = await OpenAsync(ticket, SpiceChannelType.Inputs, main);
        await _server.NextAsync(SpiceChannelType.Main);
        var keyboard = await _server.NextAsync(SpiceChannelType.Inputs);

        await inputs.Viewer.SendAsync(101, new byte[] { 30, 0, 0, 0 }, SpicePage.Limit);
        await inputs.Viewer.SendAsync(2, Array.Empty<byte>(), SpicePage.Limit);
        var heard = new byte[6];
        await keyboard.ReadExactlyAsync(heard, SpicePage.Limit);
        heard.Should().Equal(2, 0, 0, 0, 0, 0);
    }

    [Fact]
    public async Task A_channel_that_the_viewer_does_not_finish_opening_is_closed_in_time_and_the_session_goes_on()
    {
        await RestartAsync(_clock);
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var silent = await SpicePage.ConnectAsync(_broker.Origin, ticket.Secret, $"consoles={ticket.Cookie}");

        (await ClosedAsync(silent)).Should().Be((1011, "One of the console's channels was not open within 10 s."));
        _broker.Sessions.Sessions.Should().ContainSingle().Which.Ending.Should().BeNull();
    }

    [Theory]
    [InlineData("Record", 1008)]
    [InlineData("Display", 1002)]
    public async Task What_is_not_opened_is_said_in_words(string type, int code)
    {
        var ticket = await RedeemAsync();
        using var main = await OpenAsync(ticket);
        using var page = await SpicePage.ConnectAsync(_broker.Origin, ticket.Secret, $"consoles={ticket.Cookie}");
        await page.Viewer.Stream.WriteAsync(SpiceLink.Write(SpiceSamples.Link(Enum.Parse<SpiceChannelType>(type), connection: 1)), SpicePage.Limit);

        var (found, reason) = await page.ClosedAsync();
        found.Should().Be(code);
        reason.Should().StartWith("The viewer asked for a");
    }

    private static DomainReport Guest(int port = 1, bool running = true)
    {
        var report = LiveBroker.GuestReport(running: running);
        return report with { Consoles = running ? [SpiceTargets.At(port).Endpoint] : [] };
    }

    private async Task StartAsync(TimeProvider? clock = null, params string[] settings)
    {
        _broker = await LiveBroker.StartAsync(
            clock,
            builder => builder.Services.AddSingleton<IGuestConnector>(SpiceTargets.Connector(_pki.Trust(), clock: clock)),
            ["--Access:FailureLimit=1000", "--Sessions:CloseLimit=00:00:00.5", .. settings]);
        _broker.Report(Guest(_server.Port));
    }

    private Task RestartAsync(params string[] settings) => RestartAsync(clock: null, settings);

    // What is said last has thirty seconds of the clock's to be sent in, which goes on fast.
    private Task RestartAsync(TestClock clock) => RestartAsync(clock, "--Sessions:CloseLimit=00:00:30");

    private async Task RestartAsync(TimeProvider? clock, params string[] settings)
    {
        await _broker.DisposeAsync();
        await StartAsync(clock, settings);
    }

    /// <summary>Why the broker closed a channel, while its clock goes on.</summary>
    private Task<(int Code, string Reason)> ClosedAsync(SpicePage page) => _clock.AdvanceUntilAsync(page.ClosedAsync(), TimeSpan.FromSeconds(0.25));

    private Task<LiveBroker.Ticket> RedeemAsync(ConsoleRights rights = ConsoleRights.Control)
    {
        var wish = new ConsoleWish(new Caller("ada", _broker.AdminKey.Id, ApiRole.Admin), LiveBroker.Run, "web1", "spice0", ConsoleKind.Spice, rights, Lifetime: null);
        return _broker.RedeemAsync(_broker.Get<ConsoleTokens>().Issue(wish).Token.Reveal());
    }

    private Task<SpicePage> OpenAsync(LiveBroker.Ticket ticket) => SpicePage.OpenAsync(_broker.Origin, ticket.Secret, $"consoles={ticket.Cookie}");

    private Task<SpicePage> OpenAsync(LiveBroker.Ticket ticket, SpiceChannelType type, SpicePage main) =>
        SpicePage.OpenAsync(_broker.Origin, ticket.Secret, $"consoles={ticket.Cookie}", type, main.Session);

    private async Task RefusedAsync(LiveBroker.Ticket ticket)
    {
        var act = () => SpicePage.ConnectAsync(_broker.Origin, ticket.Secret, $"consoles={ticket.Cookie}");
        (await act.Should().ThrowAsync<SpicePageRefusedException>()).Which.Status.Should().Be(HttpStatusCode.ServiceUnavailable);
    }
}
