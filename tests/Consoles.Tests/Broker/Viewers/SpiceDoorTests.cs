using System.Net;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Viewers;
using Consoles.Broker.Viewers.Spice;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>The door for SPICE viewers, which is a proxy to them.</summary>
public class SpiceDoorTests
{
    [Theory]
    [InlineData("user")]
    [InlineData("password")]
    [InlineData("host")]
    public async Task A_token_opens_a_tunnel_wherever_it_stands_and_the_place_asked_for_is_never_dialled(string where)
    {
        await using var broker = await ViewerBroker.StartAsync();
        var token = broker.Token(ConsoleKind.Spice);
        await using var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!);
        await AskAsync(viewer, where == "host" ? $"{token.ToUpperInvariant()}.console:1" : "198.51.100.1:22", where switch { "user" => $"{token}:", "password" => $"x:{token}", _ => null });

        await using var inside = await TunnelAsync(broker, viewer);
        await inside.WriteAsync("REDQ"u8.ToArray());
        var guest = await broker.Live.Guests.NextAsync();
        var got = new byte[4];
        (await guest.ReceiveAsync(got)).Should().Be(4);
        got.Should().Equal("REDQ"u8.ToArray());
        await guest.SendAsync("pixels"u8.ToArray());
        (await ViewerBroker.ReadAsync(inside, 6)).Should().Equal("pixels"u8.ToArray());
        broker.Live.Guests.Count.Should().Be(0, because: "one was dialled, and its end is taken");
        broker.Live.Logs.Text.Should().NotContain(token).And.NotContain(token.ToUpperInvariant());
    }

    [Fact]
    public async Task Further_connections_with_the_token_are_channels_of_its_session_while_that_lasts()
    {
        await using var broker = await ViewerBroker.StartAsync();
        var token = broker.Token(ConsoleKind.Spice);
        await using var first = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!);
        await AskAsync(first, "console:1", $"token:{token}");
        await using var inside = await TunnelAsync(broker, first);
        await inside.WriteAsync("REDQ"u8.ToArray());
        await broker.Live.Guests.NextAsync();
        var session = broker.Live.Sessions.Sessions.Single();

        // These guests have no further channels, which is said by the session and not by the token.
        await using (var second = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!))
        {
            await AskAsync(second, "console:1", $"token:{token}");
            Text(await ViewerBroker.DrainAsync(second)).Should().StartWith("HTTP/1.1 502 ").And.Contain("one more channel before its first one was open");
        }

        // Whoever else has read the token on its way has no part in the session.
        await using (var stranger = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!, IPAddress.Parse("127.0.0.2")))
        {
            await AskAsync(stranger, "console:1", $"token:{token}");
            Text(await ViewerBroker.DrainAsync(stranger)).Should().StartWith("HTTP/1.1 403 ").And.Contain(Admission.NotValid);
        }

        session.End(SessionEnding.Revoked);
        await Eventually.TrueAsync(() => broker.Live.Sessions.Sessions.Count == 0);
        await using var late = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!);
        await AskAsync(late, "console:1", $"token:{token}");
        Text(await ViewerBroker.DrainAsync(late)).Should().StartWith("HTTP/1.1 403 ").And.Contain(Admission.NotValid);
    }

    [Fact]
    public async Task Without_a_token_the_proxy_asks_for_one_and_a_wrong_one_is_counted()
    {
        await using var broker = await ViewerBroker.StartAsync(null, "--Access:FailureLimit=2", "--Access:FailureWindow=01:00:00");

        (await AnswerAsync(broker, Request("console:1", null))).Should().StartWith("HTTP/1.1 407 ").And.Contain("Proxy-Authenticate: Basic realm=\"consoles\"");
        (await AnswerAsync(broker, Request("console:1", "ada:hunter2"))).Should().StartWith("HTTP/1.1 403 ").And.Contain(Admission.NotValid);
        (await AnswerAsync(broker, Request("console:1", $"{new string('a', 52)}:"))).Should().StartWith("HTTP/1.1 403 ").And.Contain(Admission.NotValid);
        (await AnswerAsync(broker, Request("console:1", $"{broker.Token(ConsoleKind.Spice)}:"))).Should().Contain("Too many wrong tokens");
        broker.Live.Logs.Text.Should().NotContain("hunter2");
    }

    [Fact]
    public async Task A_guest_that_cannot_be_reached_is_said_before_there_is_a_tunnel()
    {
        await using var broker = await ViewerBroker.StartAsync();
        broker.Live.Guests.Instead = (_, _) => throw new GuestException(GuestFailure.Unreachable, "The node is on fire.");

        (await AnswerAsync(broker, Request("console:1", $"token:{broker.Token(ConsoleKind.Spice)}"))).Should().StartWith("HTTP/1.1 502 Bad Gateway: The node is on fire.");
    }

    [Theory]
    [InlineData("GET http://console/ HTTP/1.1\r\n\r\n", "CONNECT is all that it knows")]
    [InlineData("CONNECT console HTTP/1.1\r\n\r\n", "CONNECT HOST:PORT")]
    [InlineData("CONNECT console:1 HTTP/2.0\r\n\r\n", "METHOD TARGET HTTP/1.1")]
    [InlineData("CONNECT console:1 x HTTP/1.1\r\n\r\n", "METHOD TARGET HTTP/1.1")]
    [InlineData("\r\n\r\n", "METHOD TARGET HTTP/1.1")]
    [InlineData("CONNECT a\nb:1 HTTP/1.1\r\n\r\n", "control characters")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nA: \u0001\r\n\r\n", "control characters")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nA: \u007f\r\n\r\n", "control characters")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nA: \u00e9\r\n\r\n", "control characters")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "NAME: VALUE")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nA : b\r\n\r\n", "NAME: VALUE")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nContent-Length: 5\r\n\r\n", "no body")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "no body")]
    [InlineData("CONNECT console:1 HTTP/1.1\r\nProxy-Authorization: Basic YTpi\r\nproxy-authorization: Basic YTpi\r\n\r\n", "several Proxy-Authorization")]
    public async Task What_is_no_request_for_a_tunnel_is_refused_in_words(string request, string words)
    {
        await using var broker = await ViewerBroker.StartAsync();

        (await AnswerAsync(broker, request)).Should().StartWith("HTTP/1.1 400 ").And.Contain(words);
    }

    [Fact]
    public async Task Heads_that_are_too_long_never_end_or_come_too_slowly_end_the_connection()
    {
        var clock = new TestClock();
        await using var broker = await ViewerBroker.StartAsync(clock, null, []);

        (await AnswerAsync(broker, "CONNECT console:1 HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("A: b\r\n", 65)) + "\r\n")).Should().Contain("64 is the limit");

        foreach (var head in new[] { "", "CONNECT console:1 HT", $"CONNECT console:1 HTTP/1.1\r\nA: {new string('b', 9000)}" })
        {
            await using var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!);
            await viewer.WriteAsync(Encoding.Latin1.GetBytes(head));
            (await ViewerBroker.ShouldBeLetGoOfAsync(viewer, clock)).Should().BeEmpty();
        }

        await Eventually.TrueAsync(() => broker.Live.Get<WaitingViewers>().Waiting == 0);
        broker.Live.Logs.Text.Should().NotContain("Error 6004");
    }

    [Fact]
    public void A_request_prints_no_secret()
    {
        ConnectRequest.TryRead(Encoding.ASCII.GetBytes(Request("secret.console:1", "user:secret")), out var request, out _).Should().BeTrue();

        request!.Candidates.Should().Equal("user", "secret", "secret");
        request.ToString().Should().NotContain("secret");
    }

    private static string Request(string authority, string? credentials) =>
        $"CONNECT {authority} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: test\r\n{(credentials is null ? "" : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))}\r\n")}\r\n";

    private static Task AskAsync(Stream viewer, string authority, string? credentials) => viewer.WriteAsync(Encoding.ASCII.GetBytes(Request(authority, credentials))).AsTask();

    private static async Task<Stream> TunnelAsync(ViewerBroker broker, Stream viewer)
    {
        // The broker's end of the tunnel waits for the viewer's first bytes.
        var agreed = "HTTP/1.1 200 Connection established\r\n\r\n";
        Text(await ViewerBroker.ReadAsync(viewer, agreed.Length)).Should().Be(agreed);
        return await broker.SecureAsync(viewer);
    }

    private static async Task<string> AnswerAsync(ViewerBroker broker, string request)
    {
        await using var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Spice!);
        await viewer.WriteAsync(Encoding.Latin1.GetBytes(request));
        return Text(await ViewerBroker.DrainAsync(viewer));
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
