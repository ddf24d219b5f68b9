using System.Net;
using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Viewers;
using Consoles.Common.Inventory;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>The doors for serial consoles: raw bytes, and telnet.</summary>
public class SerialDoorTests
{
    [Fact]
    public async Task Behind_the_token_a_raw_connection_is_the_line_and_its_end_is_told()
    {
        await using var broker = await ViewerBroker.StartAsync();
        await using var viewer = await broker.SecureAsync(broker.Listeners.Serial!);
        await viewer.WriteAsync(Encoding.ASCII.GetBytes($"{broker.Token(ConsoleKind.Serial)}\r\nls\r\n"));
        using var guest = await broker.Live.Guests.NextAsync();

        (await ReceiveAsync(guest, 3 + 4)).Should().Equal(SerialFrame.Encode(SerialFrameType.Input, "ls\r\n"u8));
        await guest.SendAsync((byte[])[.. SerialFrame.Encode(SerialFrameType.Past, "past "u8), .. SerialFrame.Encode(SerialFrameType.Live, []), .. SerialFrame.Encode(SerialFrameType.Data, "and now"u8)]);
        (await TextAsync(viewer, 12)).Should().Be("past and now");
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Writer, "{\"you\":false,\"writer\":\"eve\"}"u8));
        (await TextAsync(viewer, "\r\n[eve is typing on this console]\r\n".Length)).Should().Be("\r\n[eve is typing on this console]\r\n");

        broker.Live.Sessions.End(_ => true, SessionEnding.Revoked);
        Encoding.UTF8.GetString(await ViewerBroker.DrainAsync(viewer)).Should().Be($"\r\n[{SessionEnding.Revoked.Reason}]\r\n");
    }

    [Fact]
    public async Task A_wrong_token_and_too_long_a_line_are_refused_in_words_by_both_doors()
    {
        await using var broker = await ViewerBroker.StartAsync();

        foreach (var door in new[] { broker.Listeners.Serial!, broker.Listeners.Telnet! })
        {
            (await AnswerAsync(broker, door, "hunter2\n")).Should().EndWith(Admission.NotValid + "\r\n");
            (await AnswerAsync(broker, door, new string('a', 300))).Should().MatchRegex("longer than 256 (bytes|characters)");
        }

        broker.Live.Logs.Text.Should().NotContain("hunter2").And.NotContain("Error 6004");
        broker.Live.Guests.Count.Should().Be(0);
    }

    [Fact]
    public async Task Who_shows_no_token_in_time_is_closed_by_both_doors_also_who_speaks_no_TLS()
    {
        var clock = TestClock.OfMachine();
        await using var broker = await ViewerBroker.StartAsync(clock, null, []);

        foreach (var door in new[] { broker.Listeners.Serial!, broker.Listeners.Telnet! })
        {
            await using var slow = await broker.SecureAsync(door);
            await slow.WriteAsync("abc"u8.ToArray());
            Encoding.UTF8.GetString(await ViewerBroker.ShouldBeLetGoOfAsync(slow, clock)).Should().NotContain("[");
            await using var plain = await ViewerBroker.ConnectAsync(door);
            await ViewerBroker.ShouldBeLetGoOfAsync(plain, clock);
            await using var garbage = await ViewerBroker.ConnectAsync(door);
            await garbage.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            await ViewerBroker.DrainAsync(garbage);
        }

        await Eventually.TrueAsync(() => broker.Live.Get<WaitingViewers>().Waiting == 0);
    }

    [Fact]
    public async Task Telnet_asks_for_the_token_without_showing_it_doubles_what_looks_like_a_command_and_breaks_the_line()
    {
        await using var broker = await ViewerBroker.StartAsync();
        await using var viewer = await broker.SecureAsync(broker.Listeners.Telnet!);
        var opening = await ViewerBroker.ReadAsync(viewer, 15 + "token: ".Length);
        opening[..3].Should().Equal(255, 251, 1);
        Encoding.ASCII.GetString(opening.AsSpan(15)).Should().Be("token: ");

        // It agrees to eight bits, and offers to tell its window's size, which nobody wants to know.
        var token = broker.Token(ConsoleKind.Serial);
        await viewer.WriteAsync((byte[])[255, 253, 1, 255, 251, 0, 255, 251, 31, .. Encoding.ASCII.GetBytes(token), (byte)'\r']);
        (await ViewerBroker.ReadAsync(viewer, 5)).Should().Equal(255, 254, 31, (byte)'\r', (byte)'\n');
        using var guest = await broker.Live.Guests.NextAsync();

        await viewer.WriteAsync((byte[])[(byte)'a', 255, 255, 255, 243, (byte)'b', 255, 250, 1, 2, 255, 240]);
        (await ReceiveAsync(guest, 5 + 3 + 4)).Should().Equal(
            [.. SerialFrame.Encode(SerialFrameType.Input, [(byte)'a', 255]), .. SerialFrame.Encode(SerialFrameType.Break, []), .. SerialFrame.Encode(SerialFrameType.Input, "b"u8)]);
        await guest.SendAsync(SerialFrame.Encode(SerialFrameType.Data, [1, 255, 2]));
        (await ViewerBroker.ReadAsync(viewer, 4)).Should().Equal(1, 255, 255, 2);
        broker.Live.Logs.Text.Should().NotContain(token);
    }

    private static async Task<string> AnswerAsync(ViewerBroker broker, IPEndPoint door, string sent)
    {
        await using var viewer = await broker.SecureAsync(door);
        await viewer.WriteAsync(Encoding.ASCII.GetBytes(sent));
        return Encoding.UTF8.GetString(await ViewerBroker.DrainAsync(viewer));
    }

    private static async Task<byte[]> ReceiveAsync(Socket guest, int count)
    {
        await using var stream = new NetworkStream(guest);
        return await ViewerBroker.ReadAsync(stream, count);
    }

    private static async Task<string> TextAsync(Stream viewer, int count) => Encoding.UTF8.GetString(await ViewerBroker.ReadAsync(viewer, count));
}
