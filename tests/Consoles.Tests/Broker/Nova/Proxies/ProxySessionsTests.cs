using System.Text;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>What tokens of this face open, how often, and for how long.</summary>
public sealed class ProxySessionsTests
{
    [Fact]
    public async Task CA_03_a_token_whose_guest_is_another_by_now_opens_nothing()
    {
        await using var nova = await NovaBroker.StartAsync();
        var token = nova.Token();
        nova.Report(LiveBroker.Run with { StartTicks = LiveBroker.Run.StartTicks + 1 });
        await nova.ShouldBeRefusedAsync($"/?token={token}");

        nova.Report();
        using var viewer = await nova.ConnectAsync($"/?token={token}");
        await nova.ShouldWorkAsync(viewer);
    }

    [Fact]
    public async Task CA_05_one_token_opens_as_many_sessions_as_are_wanted_at_the_same_moment()
    {
        await using var nova = await NovaBroker.StartAsync();
        var token = nova.Token();
        var viewers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => nova.ConnectAsync($"/?token={(i % 2 == 0 ? token : token.ToUpperInvariant())}")));
        await Eventually.TrueAsync(() => nova.Live.Guests.Count == 8);
        viewers.Should().OnlyContain(viewer => viewer.Status == 101);
        viewers.ToList().ForEach(viewer => viewer.Dispose());
    }

    [Fact]
    public async Task CA_06_without_the_store_the_client_is_told_at_once()
    {
        await using var nova = await NovaBroker.StartAsync();
        var token = nova.Token();
        nova.Live.Get<Consoles.Broker.Store.Database>().Use(store => Dapper.SqlMapper.Execute(store, "ALTER TABLE console_tokens RENAME TO away"));
        using var viewer = await nova.ConnectAsync($"/?token={token}");

        // A page reads no status of a refused upgrade.
        (await viewer.CloseFrameAsync()).Should().Be(((int)CloseCode.GuestUnreachable, ProxySessions.StoreAway.Reason));
        nova.Live.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task CA_07_no_token_is_in_any_log_at_any_level()
    {
        await using var nova = await NovaBroker.StartAsync("--Nova:XvpVnc:Enabled=true", "--Nova:SpiceDirect:Enabled=true", "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests=Trace");
        var tokens = Enumerable.Range(0, 6).Select(_ => nova.Token()).ToList();
        using var viewer = await nova.ConnectAsync($"/?token={tokens[0]}");
        await nova.ShouldWorkAsync(viewer);
        using var byCookie = await nova.ConnectAsync("/websockify", headers: $"Cookie: token={tokens[1]}; broken {tokens[2]}");
        await NovaBroker.GetAsync(nova.NoVnc, $"/vnc_auto.html?path=%3Ftoken%3D{tokens[3]}");
        await NovaBroker.AskAsync(nova.NoVnc, $"GET /?token={tokens[4]} HTTP/9.9\r\n\r\n");
        await NovaBroker.AskAsync(nova.NoVnc, $"GET /?token={tokens[5]}\u0001 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        await NovaBroker.AskAsync(nova.Listeners.XvpVnc.EndPoint.Port, $"GET /console?token={tokens[5]} HTTP/9\r\n\r\n");
        await NovaBroker.AskAsync(nova.Listeners.SpiceDirect.EndPoint.Port, $"GET /nova?token={tokens[5]} HTTP/1.1\r\n\r\n");
        await nova.ShouldBeRefusedAsync($"/?token=x{tokens[0]}");
        await nova.Live.StopAsync();

        nova.Live.Logs.Text.Should().Contain("connecting to:");
        tokens.Should().OnlyContain(token => !nova.Live.Logs.Text.Contains(token, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task CA_09_a_token_without_life_is_invalid_at_its_first_use()
    {
        await using var nova = await NovaBroker.StartAsync();
        await nova.ShouldBeRefusedAsync($"/?token={nova.Token(lifetime: TimeSpan.Zero)}");
    }

    [Fact]
    public async Task CA_04_a_token_that_is_revoked_ends_its_sessions_and_opens_none()
    {
        await using var nova = await NovaBroker.StartAsync();
        var (token, grant) = nova.Issue();
        using var viewer = await nova.ConnectAsync($"/?token={token.Reveal()}");
        await nova.ShouldWorkAsync(viewer);
        using var answer = await nova.Live.Admin.DeleteAsync($"/v1/tokens/{grant.Id}");
        answer.IsSuccessStatusCode.Should().BeTrue();
        (await viewer.CloseFrameAsync()).Code.Should().Be((int)CloseCode.Revoked);
        await nova.ShouldBeRefusedAsync($"/?token={token.Reveal()}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NV_13_a_session_ends_with_its_token_where_that_is_enforced(bool enforced)
    {
        var clock = new TestClock();
        await using var nova = await NovaBroker.StartAsync(clock, configure: null, $"--Nova:EnforceSessionTimeout={enforced}");
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token(lifetime: TimeSpan.FromSeconds(600))}");
        var guest = await nova.Live.Guests.NextAsync();

        // The clock goes on when the session is open, which may take ten seconds of it.
        await guest.SendAsync("open"u8.ToArray());
        (await viewer.ReceiveAsync()).Payload.Should().Equal("open"u8.ToArray());
        clock.Advance(TimeSpan.FromSeconds(598));
        await guest.SendAsync("before"u8.ToArray());
        (await viewer.ReceiveAsync()).Payload.Should().Equal("before"u8.ToArray());
        clock.Advance(TimeSpan.FromSeconds(3));

        if (enforced)
        {
            (await viewer.CloseFrameAsync()).Should().Be(((int)CloseCode.Limit, SessionEnding.TokenExpired.Reason));
        }
        else
        {
            await guest.SendAsync("after"u8.ToArray());
            (await viewer.ReceiveAsync()).Payload.Should().Equal("after"u8.ToArray());
        }
    }

    [Fact]
    public async Task NV_16_each_session_is_recorded_in_a_file_of_its_own_for_its_owner_alone()
    {
        using var folder = new TempDirectory();
        await File.WriteAllTextAsync(folder["nova.1"], "of an earlier run");
        await using var nova = await NovaBroker.StartAsync($"--Nova:Record={folder["nova"]}");

        foreach (var number in new[] { 2, 3 })
        {
            var file = folder[$"nova.{number}"];
            using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}");
            await nova.ShouldWorkAsync(viewer);
            viewer.Vanish();
            await Eventually.TrueAsync(async () => File.Exists(file) && (await File.ReadAllTextAsync(file)).EndsWith("'EOF'];\n", StringComparison.Ordinal));
            var lines = await File.ReadAllLinesAsync(file);
            lines[0].Should().Be("var VNC_frame_encoding = 'base64';");
            lines[2].Should().MatchRegex($@"^'\{{\d+\{{{Convert.ToBase64String("RFB"u8)}',$");
            lines[3].Should().MatchRegex($@"^'\}}\d+\}}{Convert.ToBase64String("hello"u8)}',$");
            File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (await File.ReadAllTextAsync(folder["nova.1"])).Should().Be("of an earlier run");
    }

    [Fact]
    public async Task NV_16_a_serial_consoles_record_holds_its_bytes_and_nothing_of_ours()
    {
        using var folder = new TempDirectory();
        await using var nova = await NovaBroker.StartAsync($"--Nova:Record={folder["nova"]}");
        using var viewer = await RawWebSocket.ConnectAsync(nova.Serial, NovaBroker.Upgrade($"/?token={nova.Token(ConsoleKind.Serial)}"));
        var guest = await nova.Live.Guests.NextAsync();
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Live, []));
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Data, "login: "u8));
        await viewer.ReceiveAsync();
        viewer.Vanish();

        await Eventually.TrueAsync(async () => (await File.ReadAllTextAsync(folder["nova.1"])).EndsWith("'EOF'];\n", StringComparison.Ordinal));
        var lines = await File.ReadAllLinesAsync(folder["nova.1"]);
        lines.Should().HaveCount(4);
        lines[2].Should().MatchRegex($@"^'\{{\d+\{{{Convert.ToBase64String("login: "u8)}',$");
    }

    [Fact]
    public async Task NV_16_a_record_that_cannot_be_written_is_logged_and_the_session_goes_on()
    {
        await using var nova = await NovaBroker.StartAsync("--Nova:Record=/no/such/folder/nova");
        using var viewer = await nova.ConnectAsync($"/?token={nova.Token()}");
        await nova.ShouldWorkAsync(viewer);
        nova.Live.Logs.Text.Should().Contain("is not recorded");
    }

    [Fact]
    public async Task SE_02_serial_bytes_are_raw_both_ways()
    {
        await using var nova = await NovaBroker.StartAsync();
        using var viewer = await RawWebSocket.ConnectAsync(nova.Serial, NovaBroker.Upgrade($"/?token={nova.Token(ConsoleKind.Serial)}"));
        var guest = await nova.Live.Guests.NextAsync();

        // What a line says beside the guest's bytes is not for a program that expects those alone.
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Past, "old"u8));
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Live, []));
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Data, [0xFF, 0xFD, 0x01, 0x00, .. "login: "u8]));
        (await viewer.ReceiveAsync()).Payload.Should().Equal([0xFF, 0xFD, 0x01, 0x00, .. "login: "u8]);

        await viewer.SendAsync([0xFF, .. "root\r"u8]);
        var buffer = new byte[64];
        var got = await guest.ReceiveAsync(buffer);
        buffer[..got].Should().Equal(SerialFrame.Encode(SerialFrameType.Input, [0xFF, .. "root\r"u8]));
        viewer.Socket.Connected.Should().BeTrue();
        Encoding.ASCII.GetString(buffer, 4, 4).Should().Be("root");
    }
}
