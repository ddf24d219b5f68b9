using System.Net.Sockets;
using System.Text;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Broker.Viewers;
using Consoles.Common.Inventory;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Viewers;

/// <summary>The door for VNC viewers, byte by byte.</summary>
public class VncDoorTests
{
    [Theory]
    [InlineData(nameof(TokenUse.OnceByViewer))]
    [InlineData(nameof(TokenUse.Once))]
    public async Task A_viewer_is_offered_X509Plain_alone_and_a_token_as_the_password_of_any_user_opens_the_guest(string use)
    {
        var guests = new RfbGuests();
        await using var broker = await ViewerBroker.StartAsync(guests);
        await using var viewer = await PlainViewer.AgreeAsync(broker);

        (await PlainViewer.BeginAsync(viewer, "whoever", broker.Token(ConsoleKind.Vnc, use: Enum.Parse<TokenUse>(use)))).Should().Be("QEMU (web1)");
        guests.Dialled.TryDequeue(out var guest).Should().BeTrue();
        await guest!.WriteAsync("pixels"u8.ToArray());
        (await ViewerBroker.ReadAsync(viewer, 6)).Should().Equal("pixels"u8.ToArray());
        broker.Live.Sessions.Sessions.Should().ContainSingle().Which.Grant.User.Should().Be("ada");
        broker.Live.Get<WaitingViewers>().Waiting.Should().Be(0);

        broker.Live.Sessions.End(_ => true, SessionEnding.Revoked);
        (await ViewerBroker.DrainAsync(viewer)).Should().BeEmpty();
        await Eventually.TrueAsync(() => broker.Live.Sessions.Sessions.Count == 0);
    }

    [Fact]
    public async Task A_wrong_token_is_refused_in_the_same_words_whatever_is_wrong_with_it_and_counted()
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests(), "--Access:FailureLimit=4", "--Access:FailureWindow=01:00:00", "--Access:FailurePenalty=01:00:00");
        var used = broker.Token(ConsoleKind.Vnc);
        await using (var first = await PlainViewer.AgreeAsync(broker))
        {
            await first.WriteAsync(PlainViewer.Credentials("ada", used));
            (await PlainViewer.ResultAsync(first)).Should().BeNull();
        }

        foreach (var wrong in new[] { used, new string('a', 52), broker.Token(ConsoleKind.Vnc, lifetime: TimeSpan.FromMilliseconds(-1)), "hunter2" })
        {
            await using var viewer = await PlainViewer.AgreeAsync(broker);
            await viewer.WriteAsync(PlainViewer.Credentials("ada", wrong));
            (await PlainViewer.ResultAsync(viewer)).Should().Be(Admission.NotValid);
            (await ViewerBroker.DrainAsync(viewer)).Should().BeEmpty();
        }

        await using var late = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
        await late.WriteAsync(PlainViewer.Version);
        var refusal = await ViewerBroker.DrainAsync(late);
        refusal[12].Should().Be(0, because: "no security type is offered");
        Encoding.UTF8.GetString(refusal.AsSpan(17)).Should().StartWith("Too many wrong tokens came from your network; wait ");
        broker.Live.Logs.Text.Should().NotContain(used).And.NotContain("hunter2");
    }

    [Theory]
    [InlineData("RFB 003.003\n", 4)]
    [InlineData("RFB 003.007\n", 1)]
    [InlineData("RFB 003.889\n", 1)]
    public async Task Another_version_of_RFB_is_refused_in_words_where_that_version_looks_for_them(string version, int typeBytes)
    {
        await using var broker = await ViewerBroker.StartAsync();
        await using var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
        await viewer.WriteAsync(Encoding.ASCII.GetBytes(version));
        var answer = (await ViewerBroker.DrainAsync(viewer))[12..];

        answer[..typeBytes].Should().AllBeEquivalentTo((byte)0);
        Encoding.UTF8.GetString(answer.AsSpan(typeBytes + 4)).Should().Contain("RFB 3.8 is needed here, with TLS");
    }

    [Fact]
    public async Task What_was_not_offered_is_not_given()
    {
        await using var broker = await ViewerBroker.StartAsync();

        await using (var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!))
        {
            await viewer.WriteAsync((byte[])[.. PlainViewer.Version, 1]);
            Encoding.UTF8.GetString((await ViewerBroker.DrainAsync(viewer)).AsSpan(14)).Should().EndWith("That security type was not offered.");
        }

        await using (var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!))
        {
            // X509None, to whom nobody would have to show anything.
            await viewer.WriteAsync((byte[])[.. PlainViewer.Version, 19, 0, 2, 0, 0, 1, 4]);
            (await ViewerBroker.DrainAsync(viewer)).Should().EndWith([0, 1, 0, 0, 1, 6, 0], because: "1 is the number of offers, 262 the one, and 0 the answer");
        }

        broker.Live.Guests.Count.Should().Be(0);
    }

    [Theory]
    [InlineData(257, 52)]
    [InlineData(5, 257)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public async Task Longer_names_and_passwords_than_may_be_are_refused_before_they_come(int user, int password)
    {
        await using var broker = await ViewerBroker.StartAsync();
        await using var viewer = await PlainViewer.AgreeAsync(broker);
        await viewer.WriteAsync(PlainViewer.Lengths(user, password));

        (await PlainViewer.ResultAsync(viewer)).Should().Contain("256 is the limit of each");
        (await ViewerBroker.DrainAsync(viewer)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_guest_that_cannot_be_reached_is_a_refusal_in_words()
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests { Instead = _ => throw new GuestException(GuestFailure.Unreachable, "The node is on fire.") });
        await using var viewer = await PlainViewer.AgreeAsync(broker);
        await viewer.WriteAsync(PlainViewer.Credentials("ada", broker.Token(ConsoleKind.Vnc)));

        (await PlainViewer.ResultAsync(viewer)).Should().Be("The node is on fire.");
        (await ViewerBroker.DrainAsync(viewer)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_token_of_another_kind_of_console_is_refused_in_words()
    {
        await using var broker = await ViewerBroker.StartAsync(new RfbGuests());
        await using var viewer = await PlainViewer.AgreeAsync(broker);
        await viewer.WriteAsync(PlainViewer.Credentials("ada", broker.Token(ConsoleKind.Serial)));

        (await PlainViewer.ResultAsync(viewer)).Should().StartWith("The token is for a serial console");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_viewer_that_falls_silent_in_whatever_step_is_closed_and_holds_no_place(int step)
    {
        var clock = TestClock.OfMachine();
        await using var broker = await ViewerBroker.StartAsync(clock, null, []);
        await using var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
        Stream last = viewer;

        if (step > 0)
        {
            await viewer.WriteAsync(PlainViewer.Version);
        }

        if (step > 1)
        {
            await viewer.WriteAsync(new byte[] { 19, 0, 2, 0, 0, 1, 6 });
            await ViewerBroker.ReadAsync(viewer, 12 + 2 + 2 + 1 + 5 + 1);
        }

        if (step > 2)
        {
            last = await broker.SecureAsync(viewer);
            await last.WriteAsync(new byte[] { 0, 0 });
        }

        await ViewerBroker.ShouldBeLetGoOfAsync(last, clock);
        await Eventually.TrueAsync(() => broker.Live.Get<WaitingViewers>().Waiting == 0);
    }

    [Fact]
    public async Task Garbage_is_no_more_than_a_closed_connection()
    {
        await using var broker = await ViewerBroker.StartAsync();

        foreach (var garbage in new byte[][] { "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), new byte[64], [.. PlainViewer.Version, 19, 9, 9], [.. PlainViewer.Version, 19, 0, 2, 0, 0, 1, 6, 1, 2, 3, 4, 5, 6, 7, 8] })
        {
            await using var viewer = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
            await viewer.WriteAsync(garbage);
            await ViewerBroker.DrainAsync(viewer);
        }

        broker.Live.Logs.Text.Should().NotContain("Error 6004");
        await Eventually.TrueAsync(() => broker.Live.Get<WaitingViewers>().Waiting == 0);
    }

    [Fact]
    public async Task So_many_may_wait_and_one_more_is_closed_at_once()
    {
        await using var broker = await ViewerBroker.StartAsync(TestClock.OfMachine(), null, ["--Viewers:MaxWaiting=2"]);
        await using var first = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
        await using var second = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
        await ViewerBroker.ReadAsync(first, 12);
        await ViewerBroker.ReadAsync(second, 12);

        try
        {
            await using var third = await ViewerBroker.ConnectAsync(broker.Listeners.Vnc!);
            (await ViewerBroker.DrainAsync(third)).Should().BeEmpty();
        }
        catch (SocketException e)
        {
            // So much at once that it was not even told of having been connected.
            e.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        }
    }
}
