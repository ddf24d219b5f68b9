using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

public sealed class SessionTests : IAsyncLifetime
{
    private LiveBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await LiveBroker.StartAsync(clock: null, configure: null, "--Access:FailureLimit=1000", "--Sessions:CloseLimit=00:00:00.5");

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task A_redeemed_token_opens_a_channel_to_the_guest()
    {
        var (viewer, guest) = await _broker.OpenAsync();
        using var closing = viewer;
        viewer.Status.Should().Be(101);
        viewer.Head.Should().Contain("Sec-WebSocket-Protocol: binary\r\n").And.NotContain("Extensions");

        await viewer.SendAsync("hello guest"u8);
        (await ReadAsync(guest, 11)).Should().Be("hello guest");

        await guest.SendAsync("hello viewer"u8.ToArray());
        (await viewer.ReceiveAsync()).Should().BeEquivalentTo(((byte)0x82, Encoding.ASCII.GetBytes("hello viewer")));
    }

    [Fact]
    public async Task A_ticket_opens_one_channel()
    {
        var ticket = await _broker.RedeemAsync();
        using var first = await RawWebSocket.ConnectAsync(_broker, ticket);
        await _broker.Guests.NextAsync();

        using var second = await RawWebSocket.ConnectAsync(_broker, ticket);
        (await second.CloseFrameAsync()).Should().Be((4001, SessionEnding.TokenInvalid.Reason));
        _broker.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task A_ticket_is_of_no_use_without_its_cookie()
    {
        var ticket = await _broker.RedeemAsync();
        var other = await _broker.RedeemAsync();
        var host = $"127.0.0.1:{_broker.Port}";

        using var none = await RawWebSocket.ConnectAsync(_broker.Port, RawWebSocket.Headers(_broker.Origin, host, cookie: null, $"binary, ticket.{ticket.Secret}"));
        none.Status.Should().Be(403);
        using var noTicket = await RawWebSocket.ConnectAsync(_broker.Port, RawWebSocket.Headers(_broker.Origin, host, ticket.Cookie, "binary"));
        noTicket.Status.Should().Be(403);
        using var others = await RawWebSocket.ConnectAsync(_broker, ticket with { Cookie = other.Cookie });
        (await others.CloseFrameAsync()).Code.Should().Be(4001);
        _broker.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task A_ticket_is_good_for_ten_seconds()
    {
        var clock = new TestClock();
        await using var broker = await LiveBroker.StartAsync(clock);
        var late = await broker.RedeemAsync();
        clock.Advance(TimeSpan.FromSeconds(10));

        using var viewer = await RawWebSocket.ConnectAsync(broker, late);
        (await viewer.CloseFrameAsync()).Code.Should().Be(4001);
    }

    [Fact]
    public async Task A_browser_that_vanishes_ends_its_session_and_lets_the_guest_go()
    {
        var (viewer, guest) = await _broker.OpenAsync();

        viewer.Vanish();

        (await EndsAsync(guest)).Should().BeTrue();
        await Eventually.TrueAsync(() => _broker.Sessions.Sessions.Count == 0);
        _broker.Logs.Lines.Should().Contain(line => line.Contains("ended: console vnc0 of web1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_browser_that_answers_no_ping_is_gone()
    {
        await using var broker = await LiveBroker.StartAsync(clock: null, configure: null, "--Sessions:PingInterval=00:00:01", "--Sessions:PongLimit=00:00:02");
        var (viewer, guest) = await broker.OpenAsync();
        using var closing = viewer;

        // Reads on, and never answers: a half-open connection looks so to the broker.
        (await viewer.ReceiveAsync()).First.Should().Be(0x89);
        (await EndsAsync(guest)).Should().BeTrue();
        await Eventually.TrueAsync(() => broker.Sessions.Sessions.Count == 0);
    }

    [Fact]
    public async Task A_browser_that_does_not_read_stops_its_guest_and_not_our_memory()
    {
        var ticket = await _broker.RedeemAsync();
        using var viewer = await RawWebSocket.ConnectAsync(
            _broker.Port, RawWebSocket.Headers(_broker.Origin, $"127.0.0.1:{_broker.Port}", ticket.Cookie, $"binary, ticket.{ticket.Secret}"), receiveBuffer: 4096);
        var guest = await _broker.Guests.NextAsync();
        guest.SendTimeout = 1500;
        var sent = 0L;
        var piece = new byte[64 * 1024];

        Action flood = () =>
        {
            while (sent < 256L * 1024 * 1024)
            {
                sent += guest.Send(piece);
            }
        };

        flood.Should().Throw<SocketException>();
        sent.Should().BeLessThan(32 * 1024 * 1024);

        // It can still be ended, though a close frame cannot be delivered.
        _broker.Sessions.End(_ => true, SessionEnding.Revoked);
        await Eventually.TrueAsync(() => _broker.Sessions.Sessions.Count == 0);
    }

    [Fact]
    public async Task A_session_that_nobody_uses_and_one_that_is_too_old_are_ended()
    {
        var clock = new TestClock();

        // Pings go by the machine's clock, and nobody answers them here.
        await using var broker = await LiveBroker.StartAsync(clock, configure: null, "--Sessions:PingInterval=00:10:00", "--Sessions:PongLimit=00:10:00");
        var (idle, _) = await broker.OpenAsync();
        using var closing = idle;
        var (used, guest) = await broker.OpenAsync();
        using var closingToo = used;
        await Eventually.TrueAsync(() => broker.Logs.Lines.Count(line => line.Contains("4000 Session", StringComparison.Ordinal)) == 2);

        clock.Advance(TimeSpan.FromMinutes(29));
        await used.SendAsync("x"u8);
        await ReadAsync(guest, 1);
        clock.Advance(TimeSpan.FromMinutes(1));
        (await idle.CloseFrameAsync()).Code.Should().Be(4006);

        for (var half = 0; half < 15; half++)
        {
            await used.SendAsync("x"u8);
            await ReadAsync(guest, 1);
            clock.Advance(TimeSpan.FromMinutes(29));
        }

        await used.SendAsync("x"u8);
        await ReadAsync(guest, 1);

        // To the very moment of the end, which is eight hours, and not beyond: the farewell has two seconds of this clock's to be sent in.
        clock.Advance(TimeSpan.FromMinutes(15));
        (await used.CloseFrameAsync()).Code.Should().Be(4007);
    }

    [Fact]
    public async Task A_guest_has_so_many_sessions_and_the_broker_too()
    {
        await using var broker = await LiveBroker.StartAsync(clock: null, configure: null, "--Sessions:MaxPerGuest=2", "--Sessions:MaxSessions=3", "--Sessions:CloseLimit=00:00:30");
        var viewers = new List<RawWebSocket>();

        for (var i = 0; i < 2; i++)
        {
            viewers.Add((await broker.OpenAsync()).Viewer);
        }

        var spare = await broker.RedeemAsync();
        var spareToo = await broker.RedeemAsync();
        using var third = await RawWebSocket.ConnectAsync(broker, spare);
        var (first, payload) = await third.ReceiveAsync();
        (first, (payload[0] << 8) | payload[1]).Should().Be((0x88, 4007));

        // The third has not answered its close frame yet: it still counts, and the broker is full.
        using var fourth = await RawWebSocket.ConnectAsync(broker, spareToo);
        fourth.Status.Should().Be(503);
        fourth.Head.Should().Contain("Retry-After: ");
        using var redeem = await broker.Http.SendAsync(broker.RedeemRequest(broker.IssueToken()));
        redeem.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        redeem.Headers.RetryAfter.Should().NotBeNull();

        viewers.ForEach(viewer => viewer.Dispose());
    }

    [Fact]
    public async Task No_secret_is_ever_logged()
    {
        var key = _broker.Get<ApiKeys>().Create(ApiRole.Admin, "eve", lifetime: null).Secret.Reveal();
        var token = _broker.IssueToken();
        var ticket = await _broker.RedeemAsync(token);
        using var viewer = await RawWebSocket.ConnectAsync(_broker, ticket);
        await _broker.Guests.NextAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/domains/web1/tokens") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        var issued = await (await _broker.Http.SendAsync(request)).Content.ReadAsStringAsync();
        var second = System.Text.Json.JsonDocument.Parse(issued).RootElement.GetProperty("token").GetString()!;
        using var refused = await _broker.Http.SendAsync(_broker.RedeemRequest(token));
        using var malformed = await _broker.Http.SendAsync(_broker.RedeemRequest(second, header: false));

        _broker.Logs.Lines.Should().NotBeEmpty();

        foreach (var secret in new[] { key, token, ticket.Secret, ticket.Cookie, second })
        {
            _broker.Logs.Lines.Should().NotContain(line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static async Task<string> ReadAsync(Socket guest, int bytes)
    {
        var buffer = new byte[bytes];
        using var stream = new NetworkStream(guest, ownsSocket: false);
        await stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return Encoding.ASCII.GetString(buffer);
    }

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
