using System.Net.Sockets;
using System.Text;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Serial;

public sealed class SerialLineTests() : AttachedLine(TimeProvider.System)
{
    [Fact]
    public async Task Three_viewers_see_the_same_and_a_late_one_sees_the_past_first()
    {
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await using var bob = await SerialWatcher.StartAsync(Line, "bob");
        await ada.AttachedAsync();
        await bob.AttachedAsync();
        await Guest.SayAsync("login: ");
        await ada.SeesAsync("login: ");

        await using var cy = await SerialWatcher.StartAsync(Line, "cy");
        await cy.SeesAsync("login: ");
        await Guest.SayAsync("root\n");
        await cy.SeesAsync("root\n");
        await ada.SeesAsync("root\n");
        await bob.SeesAsync("login: root\n");

        cy.Order.Should().Equal(SerialFrameType.State, SerialFrameType.Writer, SerialFrameType.Past, SerialFrameType.Live, SerialFrameType.Data);
        cy.Past.Should().Equal("login: "u8.ToArray());
        cy.Data.Should().Equal("root\n"u8.ToArray());
        Guest.Attempts.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Nothing_is_missing_or_repeated_where_the_past_meets_the_live_bytes(int seed)
    {
        var random = new Random(seed);
        var said = new byte[60_000];
        random.NextBytes(said);
        var watchers = new List<SerialWatcher>();

        for (var at = 0; at < said.Length;)
        {
            if (watchers.Count < 8 && random.Next(20) == 0)
            {
                watchers.Add(await SerialWatcher.StartAsync(Line, $"viewer{watchers.Count}"));
            }

            var piece = Math.Min(random.Next(1, 1500), said.Length - at);
            await Guest.SayAsync(said[at..(at + piece)]);
            at += piece;
        }

        foreach (var watcher in watchers)
        {
            await Eventually.TrueAsync(() => watcher.Past.Length + watcher.Received == said.Length);
            ((byte[])[.. watcher.Past, .. watcher.Data]).Should().Equal(said);
            watcher.Missed.Should().Be(0);
            await watcher.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_slow_viewer_is_told_how_much_it_missed_and_holds_up_neither_the_guest_nor_the_others()
    {
        const int Total = 16_000_000;
        var gate = new TaskCompletionSource();
        await using var slow = await SerialWatcher.StartAsync(stream => Line.ServeAsync(stream, new SerialViewer("slow", MayWrite: false), default), _ => gate.Task);
        await using var good = await SerialWatcher.StartAsync(Line, "good");
        await Eventually.TrueAsync(() => Line.Viewers == 2);
        await good.AttachedAsync();
        var piece = new byte[16_000];

        for (var sent = 0; sent < Total; sent += piece.Length)
        {
            await Guest.SayAsync(piece);

            if (good.Received < sent - 24_000)
            {
                await Eventually.TrueAsync(() => good.Received + good.Missed >= sent - 24_000);
            }
        }

        await Eventually.TrueAsync(() => good.Received == Total);
        good.Missed.Should().Be(0);
        Line.Allocated.Should().BeLessThanOrEqualTo(64 * 1024);

        gate.SetResult();
        await Guest.SayAsync("end");
        await Eventually.TrueAsync(() => slow.Received + slow.Missed == Total + 3);
        slow.Missed.Should().BeGreaterThan(Total / 4);
        Encoding.UTF8.GetString(slow.Data[^3..]).Should().Be("end");
    }

    [Fact]
    public async Task Whatever_goes_wrong_with_a_console_is_said_and_it_is_tried_again()
    {
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await ada.AttachedAsync();

        Guest.Refuses = new InvalidOperationException("Nobody thought of this.");
        await Guest.CloseAsync(new NotSupportedException("Nor of this."));
        await ada.IsToldAsync("The connection to the console ended: Nor of this.");
        await ada.IsToldAsync("The console could not be opened: Nobody thought of this.");

        Guest.Refuses = null;
        await Eventually.TrueAsync(() => Line.State.Attached);
        await Guest.SayAsync("fine");
        await ada.SeesAsync("fine");
    }

    [Fact]
    public async Task It_attaches_again_by_itself_and_says_so()
    {
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await ada.AttachedAsync();
        await Guest.SayAsync("before ");
        await ada.SeesAsync("before ");

        Guest.Refuses = new SerialException("It is away for a test.");
        await Guest.CloseAsync();
        await ada.IsToldAsync("""{"attached":false,"reason":"It is away for a test."}""");
        await ada.TypeAsync("x");
        await ada.IsToldAsync("Nothing was sent: the console is not connected to the guest.");

        Guest.Refuses = null;
        await ada.AttachedAsync();
        await Guest.SayAsync("after");
        await ada.SeesAsync("before after");
        Guest.HeardText().Should().BeEmpty();
    }

    [Fact]
    public async Task It_is_attached_only_while_somebody_wants_it()
    {
        Wanted.Dispose();
        await Eventually.TrueAsync(() => !Guest.IsAttached);

        await using (var ada = await SerialWatcher.StartAsync(Line, "ada"))
        {
            await ada.AttachedAsync();
        }

        await Eventually.TrueAsync(() => !Guest.IsAttached);
        Guest.Attempts.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_console_that_is_held_is_told_so_and_taken_only_by_force()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Guest.Refuses = new SerialException("virsh has it.", held: true);
        await Guest.CloseAsync();
        await Eventually.TrueAsync(() => !Line.State.Attached);

        (await Line.AttachAsync(force: false, limit.Token)).Should().Be(new SerialState(Attached: false, "virsh has it.", Held: true));
        (await Line.AttachAsync(force: true, limit.Token)).Attached.Should().BeTrue();
    }

    [Fact]
    public async Task Force_that_was_not_needed_takes_the_console_from_nobody_later()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        (await Line.AttachAsync(force: true, limit.Token)).Attached.Should().BeTrue(because: "it was already");

        Guest.Refuses = new SerialException("virsh has it.", held: true);
        await Guest.CloseAsync();

        await Eventually.TrueAsync(() => Line.State.Held);
        Guest.Attempts.Should().OnlyContain(forced => !forced);
    }

    [Fact]
    public async Task A_viewer_who_breaks_the_rules_of_frames_is_left_and_the_others_stay()
    {
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await using var mallory = await SerialWatcher.StartAsync(Line, "mallory");
        await ada.AttachedAsync();
        await mallory.SendAsync(SerialFrameType.Data, [1]);

        await mallory.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        await Guest.SayAsync("fine");
        await ada.SeesAsync("fine");
        await Eventually.TrueAsync(() => Line.Viewers == 1);
    }

    [Fact]
    public async Task The_past_is_the_latest_bytes_and_no_more_than_asked_for()
    {
        await Guest.SayAsync("0123456789");
        await Eventually.TrueAsync(() => Line.Past(100).Length == 10);

        Line.Past(4).Should().Equal("6789"u8.ToArray());
    }
}
