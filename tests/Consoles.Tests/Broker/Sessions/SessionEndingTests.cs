using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

/// <summary>Each end has its reason, and the viewer is told.</summary>
public sealed class SessionEndingTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(clock: null, configure: null, "--Access:FailureLimit=1000", "--Sessions:CloseLimit=00:00:00.5");

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_revoked_token_ends_its_session_within_a_second()
    {
        await using var broker = await LiveBroker.StartAsync(_clock);
        var (token, grant) = broker.Issue();
        var (viewer, guest) = await broker.OpenAsync(token.Reveal());
        using var closing = viewer;
        var (bystander, _) = await broker.OpenAsync();
        using var closingToo = bystander;

        (await broker.Admin.DeleteAsync($"/v1/tokens/{grant.Id}")).StatusCode.Should().Be(HttpStatusCode.NoContent);

        // Nothing waits for the broker's clock, which stands still.
        (await viewer.CloseFrameAsync()).Should().Be((4002, SessionEnding.Revoked.Reason));
        (await EndsAsync(guest)).Should().BeTrue();
        broker.Sessions.Sessions.Should().ContainSingle(session => session.Grant.Id != grant.Id);
    }

    [Fact]
    public async Task A_token_that_is_revoked_after_it_was_redeemed_opens_nothing()
    {
        var (token, grant) = _broker.Issue();
        var ticket = await _broker.RedeemAsync(token.Reveal());
        (await _broker.Admin.DeleteAsync($"/v1/tokens/{grant.Id}")).StatusCode.Should().Be(HttpStatusCode.NoContent);

        using var viewer = await RawWebSocket.ConnectAsync(_broker, ticket);
        (await viewer.CloseFrameAsync()).Code.Should().Be(4002);
    }

    [Fact]
    public void A_session_that_is_ended_by_two_at_once_is_over_before_the_second_is_through()
    {
        var session = new Session("1", VncTargets.Grant(VncTargets.At(5900)), "node1", remote: null, DateTimeOffset.UnixEpoch);
        session.Dispose();

        session.End(SessionEnding.Idle).Should().Be(SessionEnding.Idle);
        session.Stop.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public async Task Sessions_are_listed_and_ended()
    {
        var (viewer, _) = await _broker.OpenAsync();
        using var closing = viewer;
        var listed = await _broker.Admin.GetStringAsync("/v1/sessions");
        var id = _broker.Sessions.Sessions.Single().Id;
        listed.Should().Contain(id).And.Contain("web1").And.Contain("ada");

        using var stranger = _broker.ClientAs(ApiRole.Viewer);
        (await stranger.DeleteAsync($"/v1/sessions/{id}")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await _broker.Admin.DeleteAsync($"/v1/sessions/{id}")).StatusCode.Should().Be(HttpStatusCode.NoContent);
        (await viewer.CloseFrameAsync()).Code.Should().Be(4002);
        await Eventually.TrueAsync(() => _broker.Sessions.Sessions.Count == 0);
    }

    [Fact]
    public async Task A_guest_that_vanishes_is_told()
    {
        var (viewer, guest) = await _broker.OpenAsync();
        using var closing = viewer;

        guest.LingerState = new LingerOption(enable: true, seconds: 0);
        guest.Close();

        (await viewer.CloseFrameAsync()).Should().Be((4003, SessionEnding.GuestClosed.Reason));
    }

    [Fact]
    public async Task A_guest_that_is_stopped_ends_its_sessions_though_its_console_is_still_there()
    {
        var (viewer, guest) = await _broker.OpenAsync();
        using var closing = viewer;

        _broker.Report(LiveBroker.GuestReport(running: false));

        (await viewer.CloseFrameAsync()).Should().Be((4003, SessionEnding.GuestStopped.Reason));
        (await EndsAsync(guest)).Should().BeTrue();
    }

    [Fact]
    public async Task A_guest_that_moved_is_said_to_have_moved()
    {
        await using var broker = await WithClockAsync();
        var (viewer, guest) = await broker.OpenAsync();
        using var closing = viewer;

        guest.Close();
        broker.Report(LiveBroker.GuestReport(running: false));
        broker.Report(new NodeIdentity("node2", [IPAddress.Loopback]), LiveBroker.GuestReport(LiveBroker.Run with { QemuPid = 99 }));

        (await CloseFrameAsync(viewer)).Should().Be((4004, SessionEnding.GuestMoved.Reason));
    }

    [Fact]
    public async Task Another_run_of_the_guest_is_not_shown_to_a_ticket_of_the_one_before()
    {
        var ticket = await _broker.RedeemAsync();
        _broker.Report(LiveBroker.GuestReport(LiveBroker.Run with { QemuPid = 99 }));

        using var viewer = await RawWebSocket.ConnectAsync(_broker, ticket);

        (await viewer.CloseFrameAsync()).Should().Be((4003, SessionEnding.GuestRestarted.Reason));
        _broker.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task A_run_whose_process_is_not_found_any_more_is_no_other_run()
    {
        await using var broker = await WithClockAsync();
        var (viewer, guest) = await broker.OpenAsync();
        using var closing = viewer;

        // libvirt still says that the domain runs, as number 7; the agent found its QEMU gone.
        guest.Close();
        broker.Report(LiveBroker.GuestReport(new Incarnation(LiveBroker.Run.Domain, StartTicks: 0, QemuPid: 7)));

        (await CloseFrameAsync(viewer)).Should().Be((4003, SessionEnding.GuestStopped.Reason));
    }

    [Theory]
    [InlineData(GuestFailure.Unreachable, 1011)]
    [InlineData(GuestFailure.Tls, 4005)]
    [InlineData(GuestFailure.WrongGuest, 1011)]
    public async Task A_guest_that_cannot_be_had_is_a_sentence_without_its_address(object failure, int code)
    {
        _broker.Guests.Instead = (_, _) => throw new GuestException((GuestFailure)failure, "Console vnc0 was not opened: connection refused 127.0.0.1:5900");

        using var viewer = await RawWebSocket.ConnectAsync(_broker, await _broker.RedeemAsync());

        (await viewer.CloseFrameAsync()).Should().Be((code, "Console vnc0 was not opened: connection refused its address"));
    }

    [Fact]
    public async Task A_long_sentence_is_cut_to_what_a_close_frame_carries()
    {
        _broker.Guests.Instead = (_, _) => throw new GuestException(GuestFailure.Protocol, new string('ö', 500));

        using var viewer = await RawWebSocket.ConnectAsync(_broker, await _broker.RedeemAsync());

        var (_, reason) = await viewer.CloseFrameAsync();
        Encoding.UTF8.GetByteCount(reason).Should().BeInRange(120, 123);
        reason.Should().EndWith("ö…");
    }

    [Fact]
    public async Task A_guest_that_stalls_is_given_up_after_the_time_for_the_set_up()
    {
        await using var broker = await LiveBroker.StartAsync(clock: null, configure: null, "--Sessions:SetupLimit=00:00:01");
        broker.Guests.Instead = (_, cancelled) => Task.Delay(Timeout.Infinite, cancelled);

        using var viewer = await RawWebSocket.ConnectAsync(broker, await broker.RedeemAsync());

        (await viewer.CloseFrameAsync()).Should().Be((1011, "The guest's console did not finish its handshake within 1 s."));
    }

    [Fact]
    public async Task A_broker_that_is_stopped_says_so()
    {
        var broker = await LiveBroker.StartAsync();
        var (viewer, _) = await broker.OpenAsync();
        using var closing = viewer;

        var stopping = broker.StopAsync();
        (await viewer.CloseFrameAsync()).Should().Be((1012, SessionEnding.BrokerStopping.Reason));
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
        await broker.DisposeAsync();
    }

    /// <summary>A broker that learns nothing of a guest's end, and gives up on nothing, while the test's clock stands still. What is said last has half a minute of it.</summary>
    private Task<LiveBroker> WithClockAsync() => LiveBroker.StartAsync(_clock, configure: null, "--Sessions:CloseLimit=00:00:30");

    private Task<(int Code, string Reason)> CloseFrameAsync(RawWebSocket viewer) => _clock.AdvanceUntilAsync(viewer.CloseFrameAsync(), TimeSpan.FromMilliseconds(50));

    private static async Task<bool> EndsAsync(Socket guest)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        try
        {
            return await guest.ReceiveAsync(new byte[1], limit.Token) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
