using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>nova-xvpvncproxy and what a spice-direct URL leads to: HTTP that stops being HTTP.</summary>
public sealed class XvpProxyTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private NovaBroker _nova = null!;

    private int Port => _nova.Listeners.XvpVnc.EndPoint.Port;

    public async Task InitializeAsync() => _nova = await NovaBroker.StartAsync("--Nova:XvpVnc:Enabled=true", "--Sessions:CloseLimit=00:00:30");

    public async Task DisposeAsync() => await _nova.DisposeAsync();

    [Theory]
    [InlineData("GET /console HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.0\r\n\r\n")]
    [InlineData("GET /console?tokens=a HTTP/1.1\r\n\r\n")]
    public async Task XV_02_without_a_token_it_is_400_Invalid_Request(string request)
    {
        var answer = await NovaBroker.AskAsync(Port, request);
        answer.Should().StartWith("HTTP/1.1 400 ").And.Contain("Content-Type: text/html").And.EndWith("\r\n\r\nInvalid Request");
    }

    [Fact]
    public async Task XV_03_with_a_token_that_is_not_good_it_is_401_Not_Authorized()
    {
        foreach (var token in new[] { "unknown", new string('a', 52), _nova.Token(ConsoleKind.Serial), _nova.Token(lifetime: TimeSpan.Zero) })
        {
            var answer = await NovaBroker.AskAsync(Port, $"GET /console?token={token} HTTP/1.1\r\nHost: a\r\n\r\n");
            answer.Should().StartWith("HTTP/1.1 401 ").And.EndWith("\r\n\r\nNot Authorized");
        }
    }

    [Theory]
    [InlineData("GET /console?token=TOKEN HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PUT /any/path?a=b&token=TOKEN HTTP/1.0\r\n\r\n")]
    public async Task XV_01_05_with_a_good_one_bytes_go_both_ways_unframed(string request)
    {
        using var client = await OpenAsync(request);
        var guest = await _nova.Live.Guests.NextAsync();

        // What came with the request is the guest's, too.
        await guest.SendAsync("RFB 003.008\n"u8.ToArray());
        (await ReadAsync(client, "HTTP/1.1 200 OK\r\n\r\nRFB 003.008\n".Length)).Should().Be("HTTP/1.1 200 OK\r\n\r\nRFB 003.008\n");
        await client.SendAsync("RFB 003.003\n"u8.ToArray());
        (await ReadAsync(guest, 12)).Should().Be("RFB 003.003\n");
        _nova.Live.Logs.Text.Should().Contain("nova-xvpvncproxy: connecting to: 127.0.0.1:5900");
    }

    [Fact]
    public async Task XV_05_bytes_behind_the_request_in_one_piece_are_not_lost()
    {
        using var client = await OpenAsync("GET /console?token=TOKEN HTTP/1.1\r\nHost: x\r\n\r\nRFB 003.008\n");
        (await ReadAsync(await _nova.Live.Guests.NextAsync(), 12)).Should().Be("RFB 003.008\n");
    }

    [Fact]
    public async Task XV_06_who_said_its_last_word_is_still_sent_the_rest_and_then_the_end()
    {
        await using var nova = await NovaBroker.StartAsync(_clock, configure: null, "--Nova:XvpVnc:Enabled=true", "--Sessions:CloseLimit=00:00:30");
        using var client = await OpenAsync("GET /console?token=TOKEN HTTP/1.1\r\nHost: x\r\n\r\n", nova);
        var guest = await nova.Live.Guests.NextAsync();
        await client.SendAsync("bye"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);
        (await ReadAsync(guest, 3)).Should().Be("bye");

        // The broker waits for a second of a clock that stands still until all is said.
        await guest.SendAsync("the rest"u8.ToArray());
        (await ReadAsync(client, 27)).Should().EndWith("the rest");
        var end = ReadAsync(client, 1);
        await Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            return end.IsCompleted && nova.Live.Sessions.Sessions.Count == 0;
        });
        (await end).Should().BeEmpty();
    }

    [Fact]
    public async Task XV_06_when_the_guest_ends_all_it_said_arrives_and_then_the_end()
    {
        using var client = await OpenAsync("GET /console?token=TOKEN HTTP/1.1\r\nHost: x\r\n\r\n");
        var guest = await _nova.Live.Guests.NextAsync();
        await guest.SendAsync(Encoding.ASCII.GetBytes(new string('x', 100_000)));
        guest.Shutdown(SocketShutdown.Send);
        (await ReadAsync(client, 100_019)).Should().HaveLength(100_019);
        (await ReadAsync(client, 1)).Should().BeEmpty();
    }

    [Fact]
    public async Task XV_04_a_guest_that_cannot_be_reached_is_400()
    {
        _nova.Live.Guests.Instead = (_, _) => throw new Consoles.Broker.Sessions.GuestException(Consoles.Broker.Sessions.GuestFailure.Unreachable, "No way.");
        using var client = await OpenAsync("GET /console?token=TOKEN HTTP/1.1\r\nHost: x\r\n\r\n");
        (await ReadAsync(client, 4000)).Should().StartWith("HTTP/1.1 400 ").And.EndWith("Invalid Request");
    }

    private async Task<Socket> OpenAsync(string request, NovaBroker? at = null)
    {
        var nova = at ?? _nova;
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, nova.Listeners.XvpVnc.EndPoint.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes(request.Replace("TOKEN", nova.Token(), StringComparison.Ordinal)));
        return client;
    }

    /// <summary>So many bytes, or fewer when that is all there is.</summary>
    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[count];
        var got = 0;

        while (got < count && await socket.ReceiveAsync(buffer.AsMemory(got), limit.Token) is var more and > 0)
        {
            got += more;
        }

        return Encoding.ASCII.GetString(buffer, 0, got);
    }
}
