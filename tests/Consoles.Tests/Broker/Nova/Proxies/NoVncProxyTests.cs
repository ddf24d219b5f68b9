using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>The WebSocket of nova-novncproxy.</summary>
public sealed class NoVncProxyTests : IAsyncLifetime
{
    private NovaBroker _nova = null!;

    public async Task InitializeAsync() => _nova = await NovaBroker.StartAsync("--Nova:AllowedOrigins:0=dash.example", "--Nova:AllowedOrigins:1=[2001:db8::7]");

    public async Task DisposeAsync() => await _nova.DisposeAsync();

    [Theory]
    [InlineData("/?token=TOKEN")]
    [InlineData("/websockify?token=TOKEN")]
    [InlineData("/websockify/?a=1&token=TOKEN&b=2")]
    [InlineData("/any/path/at%20all?token=TOKEN")]
    [InlineData("/?token=wrong&token=TOKEN")]
    public async Task NV_03_a_websocket_on_any_path_opens_the_console_of_the_token_in_its_query(string target)
    {
        using var viewer = await _nova.ConnectAsync(target.Replace("TOKEN", _nova.Token(), StringComparison.Ordinal));
        await _nova.ShouldWorkAsync(viewer);
    }

    [Fact]
    public async Task NV_04_a_cookie_of_another_application_need_not_be_UTF_8()
    {
        var request = NovaBroker.Upgrade("/websockify", headers: $"Cookie: name=M\u00fcller; token={_nova.Token()}");
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(System.Net.IPAddress.Loopback, _nova.NoVnc);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        var status = new byte[12];
        await client.GetStream().ReadExactlyAsync(status);

        Encoding.ASCII.GetString(status).Should().Be("HTTP/1.1 101");
    }

    [Fact]
    public async Task NV_06_a_foreign_page_does_not_have_its_visitors_network_locked_out()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            using var foreign = await _nova.ConnectAsync("/?token=guess", headers: "Origin: http://evil.example");
            foreign.Status.Should().Be(403);
        }

        using var viewer = await _nova.ConnectAsync($"/?token={_nova.Token()}");
        await _nova.ShouldWorkAsync(viewer);
    }

    [Fact]
    public async Task NV_07_of_many_that_are_refused_and_do_not_leave_only_so_many_are_told_why()
    {
        // None is let go of before the last has come, however long that takes.
        await using var nova = await NovaBroker.StartAsync(new TestClock(), configure: null);
        var refused = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => nova.ConnectAsync("/", headers: $"Origin: {nova.Origin}")));

        refused.Count(viewer => viewer.Status == 101).Should().BeInRange(1, 128);
        refused.Where(viewer => viewer.Status != 101).Should().OnlyContain(viewer => viewer.Status == 403);
        refused.ToList().ForEach(viewer => viewer.Dispose());
    }

    [Fact]
    public async Task NV_07_behind_a_forwarder_that_was_named_only_who_guesses_has_to_wait()
    {
        await using var nova = await NovaBroker.StartAsync("--Nova:ForwardedFrom:0=127.0.0.1", "--Access:FailureWindow=01:00:00");

        for (var attempt = 0; attempt < 15; attempt++)
        {
            using var guess = await nova.ConnectAsync("/?token=guess", headers: "X-Forwarded-For: 203.0.113.9, 198.51.100.7");
        }

        using var waits = await nova.ConnectAsync("/?token=guess", headers: "X-Forwarded-For: 198.51.100.8");
        waits.Status.Should().Be(429, because: "it is of the network that guessed");
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}", headers: "X-Forwarded-For: 192.0.2.1");
        await nova.ShouldWorkAsync(viewer);
    }

    [Theory]
    [InlineData("token=TOKEN")]
    [InlineData("a=b; token=TOKEN; c=d")]
    [InlineData("token=\"TOKEN\"")]
    [InlineData("no-equals; =x; \u0001; a b=c; token=TOKEN; ;;")]
    public async Task NV_04_the_token_is_taken_from_a_cookie_and_malformed_parts_are_passed_over(string cookie)
    {
        var token = _nova.Token();
        var printable = cookie.Replace("\u0001", "a=\"", StringComparison.Ordinal);
        using var viewer = await _nova.ConnectAsync("/websockify", headers: $"Cookie: {printable.Replace("TOKEN", token, StringComparison.Ordinal)}");
        await _nova.ShouldWorkAsync(viewer);

        if (cookie.Contains("no-equals", StringComparison.Ordinal))
        {
            _nova.Live.Logs.Text.Should().Contain("malformed cookie").And.NotContain("no-equals");
        }
    }

    [Fact]
    public async Task NV_05_the_path_that_noVNC_makes_of_path_equals_token_is_accepted()
    {
        var path = Uri.UnescapeDataString($"%3Ftoken%3D{_nova.Token()}");
        using var viewer = await _nova.ConnectAsync("/" + path);
        await _nova.ShouldWorkAsync(viewer);
    }

    [Theory]
    [InlineData(null, "127.0.0.1:6080", null)]
    [InlineData("http://127.0.0.1:6080", "127.0.0.1:6080", null)]
    [InlineData("http://127.0.0.1:9999", "127.0.0.1:6080", null)]
    [InlineData("http://dash.example", "127.0.0.1:6080", null)]
    [InlineData("http://DASH.example:8443", "127.0.0.1:6080", null)]
    [InlineData("http://[::1]:6080", "[::1]:6080", null)]
    [InlineData("http://[2001:db8:0::7]", "127.0.0.1", null)]
    [InlineData("https://127.0.0.1", "127.0.0.1", "http")]
    public async Task NV_06_a_page_of_this_host_or_an_allowed_one_is_let_in(string? origin, string host, string? forwarded)
    {
        using var viewer = await OpenAsync(origin, host, forwarded);
        await _nova.ShouldWorkAsync(viewer);
    }

    [Theory]
    [InlineData("http://evil.example", "127.0.0.1:6080", null, "Origin header does not match this host.")]
    [InlineData("http://dash.example.evil.example", "127.0.0.1", null, "Origin header does not match this host.")]
    [InlineData("http://evildash.example", "127.0.0.1", null, "Origin header does not match this host.")]
    [InlineData("http://dash.example.", "127.0.0.1", null, "Origin header does not match this host.")]
    [InlineData("http://[::2]", "[::1]", null, "Origin header does not match this host.")]
    [InlineData("http://127.0.0.2", "127.0.0.1", null, "Origin header does not match this host.")]
    [InlineData("https://127.0.0.1", "127.0.0.1", null, "Origin header protocol does not match this host.")]
    [InlineData("http://127.0.0.1", "127.0.0.1", "https", "Origin header protocol does not match this host.")]
    [InlineData("", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("null", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("http://", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("127.0.0.1", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("http://127.0.0.1@evil.example", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("http://evil.example@127.0.0.1", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("http://evil.example\\127.0.0.1", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("http://127.0.0.1/path", "127.0.0.1", null, "Origin header not valid.")]
    [InlineData("http://127.0.0.1", "127.0.0.1", "", "Origin header not valid.")]
    public async Task NV_06_another_page_is_refused_without_a_websocket(string origin, string host, string? forwarded, string reason)
    {
        using var viewer = await OpenAsync(origin, host, forwarded);
        viewer.Status.Should().Be(403);
        _nova.Live.Guests.Count.Should().Be(0);
        _nova.Live.Logs.Text.Should().Contain(reason);
    }

    [Fact]
    public async Task NV_06_a_hostile_Host_does_not_widen_the_list_of_allowed_origins()
    {
        for (var i = 0; i < 2; i++)
        {
            using var poison = await OpenAsync("http://evil.example", "evil.example", forwarded: null);
            poison.Status.Should().Be(101, because: "it is the same host");
        }

        using var viewer = await OpenAsync("http://evil.example", "127.0.0.1", forwarded: null);
        viewer.Status.Should().Be(403);
    }

    [Fact]
    public async Task NV_07_without_a_good_token_no_byte_of_a_guest_comes()
    {
        await _nova.ShouldBeRefusedAsync("/");
        await _nova.ShouldBeRefusedAsync("/?token=");
        await _nova.ShouldBeRefusedAsync("/?token=no-token");
        await _nova.ShouldBeRefusedAsync($"/?token={new string('a', 52)}");
        await _nova.ShouldBeRefusedAsync("/websockify", "Cookie: token=nothing");
        await _nova.ShouldBeRefusedAsync($"/?token={_nova.Live.IssueToken()}");
        await _nova.ShouldBeRefusedAsync($"/?token={_nova.Token(ConsoleKind.Serial)}");
        await _nova.ShouldBeRefusedAsync($"/?token={_nova.Token(run: LiveBroker.Run with { StartTicks = 9 })}");
    }

    [Theory]
    [InlineData("binary", "binary")]
    [InlineData("base64, binary", "binary")]
    [InlineData("base64", null)]
    [InlineData(null, null)]
    public async Task NV_08_binary_is_echoed_when_it_was_offered_and_nothing_else(string? offered, string? agreed)
    {
        using var viewer = await _nova.ConnectAsync($"/?token={_nova.Token()}", offered);

        if (agreed is null)
        {
            viewer.Head.Should().NotContainEquivalentOf("Sec-WebSocket-Protocol");
        }
        else
        {
            viewer.Head.Should().ContainEquivalentOf($"Sec-WebSocket-Protocol: {agreed}\r\n");
        }

        viewer.Head.Should().NotContainEquivalentOf("Sec-WebSocket-Extensions");
        await _nova.ShouldWorkAsync(viewer);
    }

    [Fact]
    public async Task NV_18_a_guest_that_is_deleted_ends_its_session_and_no_other()
    {
        using var first = await _nova.ConnectAsync($"/?token={_nova.Token()}");
        var guest = await _nova.Live.Guests.NextAsync();
        using var second = await _nova.ConnectAsync($"/?token={_nova.Token()}");
        var other = await _nova.Live.Guests.NextAsync();

        guest.Close();
        (await first.CloseFrameAsync()).Code.Should().Be((int)CloseCode.GuestStopped);

        await other.SendAsync("still here"u8.ToArray());
        Encoding.ASCII.GetString((await second.ReceiveAsync()).Payload).Should().Be("still here");
        using var third = await _nova.ConnectAsync($"/?token={_nova.Token()}");
        await _nova.ShouldWorkAsync(third);
    }

    [Fact]
    public async Task NV_19_the_log_names_host_and_port_and_masks_the_token()
    {
        var token = _nova.Token();
        using var viewer = await _nova.ConnectAsync($"/?token={token}");
        await _nova.ShouldWorkAsync(viewer);
        _nova.Live.Logs.Text.Should().Contain("connecting to: 127.0.0.1:5900").And.Contain("***").And.NotContain(token);
    }

    private Task<RawWebSocket> OpenAsync(string? origin, string host, string? forwarded) => _nova.ConnectAsync(
        $"/?token={_nova.Token()}",
        host: host,
        headers: [.. origin is null ? Array.Empty<string>() : [$"Origin: {origin}"], .. forwarded is null ? Array.Empty<string>() : [$"X-Forwarded-Proto: {forwarded}"]]);
}
