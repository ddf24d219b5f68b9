using System.Net.Sockets;
using System.Text;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Common.Serial;

/// <summary>Who may type, and what becomes of what was typed.</summary>
/// <remarks>The clock stands still: no machine is so slow that a guest is taken to read nothing, or that a sentence is said twice.</remarks>
public sealed class SerialLineWriterTests() : AttachedLine(new TestClock())
{
    [Fact]
    public async Task The_first_who_types_is_the_writer_and_another_must_take_over()
    {
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await using var bob = await SerialWatcher.StartAsync(Line, "bob");
        await ada.TypeAsync("one ");
        await ada.IsToldAsync("\"you\":true,\"writer\":\"ada\"");
        await bob.IsToldAsync("\"you\":false,\"writer\":\"ada\"");

        await bob.TypeAsync("lost ");
        await bob.IsToldAsync("Nothing was sent: ada is typing on this console.");

        await bob.TakeAsync();
        await ada.IsToldAsync("bob has taken over");
        await ada.IsToldAsync("\"you\":false,\"writer\":\"bob\"");
        await bob.TypeAsync("two ");
        await ada.TypeAsync("lost too ");
        await ada.IsToldAsync("Nothing was sent: bob is typing on this console.");

        await bob.SendAsync(SerialFrameType.Release, []);

        // It was told the same at the beginning, when nobody wrote yet.
        await Eventually.TrueAsync(() => ada.LastWriter.Contains("\"writer\":null", StringComparison.Ordinal), because: () => ada.LastWriter);
        await ada.TypeAsync("three");
        await Eventually.TrueAsync(() => Guest.HeardText() == "one two three", because: Guest.HeardText);
    }

    [Fact]
    public async Task A_writer_who_leaves_frees_the_place()
    {
        var ada = await SerialWatcher.StartAsync(Line, "ada");
        await using var bob = await SerialWatcher.StartAsync(Line, "bob");
        await ada.TypeAsync("a");
        await bob.IsToldAsync("\"writer\":\"ada\"");
        await ada.DisposeAsync();

        await Eventually.TrueAsync(() => bob.Writers.Count == 3, because: () => string.Join(';', bob.Writers));
        bob.Writers[^1].Should().Be("""{"you":false,"writer":null}""");
        await bob.TypeAsync("b");
        await Eventually.TrueAsync(() => Guest.HeardText() == "ab");
    }

    [Fact]
    public async Task Who_may_only_look_can_neither_type_nor_take_over_nor_send_a_break()
    {
        await using var guest = await SerialWatcher.StartAsync(Line, "guest", mayWrite: false);
        await guest.TypeAsync("x");
        await guest.TakeAsync();
        await guest.SendAsync(SerialFrameType.Break, []);
        await guest.IsToldAsync("You may look at this console and not type on it.");

        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await ada.TypeAsync("y");
        await Eventually.TrueAsync(() => Guest.HeardText().Length > 0);
        Guest.HeardText().Should().Be("y");
        Guest.Breaks.Should().Be(0);
        guest.Notices.Should().HaveCount(1, because: "a held key is not answered by a sentence each");
    }

    [Fact]
    public async Task A_break_is_sent_in_its_place_between_what_is_typed()
    {
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await ada.TypeAsync("a");
        await ada.SendAsync(SerialFrameType.Break, []);
        await ada.TypeAsync("b");

        await Eventually.TrueAsync(() => Guest.HeardText() == "ab");
        Guest.Breaks.Should().Be(1);
    }

    [Fact]
    public async Task A_guest_that_reads_nothing_holds_up_the_writer_alone()
    {
        Guest.Deaf = new TaskCompletionSource();
        await using var ada = await SerialWatcher.StartAsync(Line, "ada");
        await using var bob = await SerialWatcher.StartAsync(Line, "bob");
        var typing = Task.Run(async () =>
        {
            for (var i = 0; i < 2000; i++)
            {
                await ada.SendAsync(SerialFrameType.Input, new byte[16_000]);
            }
        });

        await Guest.SayAsync("still here");
        await ada.SeesAsync("still here");
        await bob.SeesAsync("still here");
        typing.IsCompleted.Should().BeFalse(because: "32 MB find no place between a viewer and a guest that does not read");

        Guest.Deaf.SetResult();
        Guest.Deaf = null;
        await typing.WaitAsync(TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync(() => Guest.Heard.Length == 2000 * 16_000);
    }

    [Fact]
    public async Task What_waits_of_a_writer_is_not_typed_after_another_has_taken_over()
    {
        NetworkStream? served = null;
        var deaf = Guest.Deaf = new TaskCompletionSource();
        await using var ada = await SerialWatcher.StartAsync(stream => Line.ServeAsync(served = (NetworkStream)stream, new SerialViewer("ada", MayWrite: true), default));
        await using var bob = await SerialWatcher.StartAsync(Line, "bob");
        await ada.TypeAsync("one ");
        await Eventually.TrueAsync(() => Guest.IsHeldUp);

        // More than the line holds: the last of it waits for a place.
        foreach (var word in "two three four five six seven".Split(' '))
        {
            await ada.TypeAsync(word);
        }

        await ada.SendAsync(SerialFrameType.Break, []);
        await Eventually.TrueAsync(() => served!.Socket.Available < 20);
        await bob.TakeAsync();
        await ada.IsToldAsync("bob has taken over");
        await bob.TypeAsync("bob");
        Guest.Deaf = null;
        deaf.SetResult();

        await Eventually.TrueAsync(() => Guest.HeardText().EndsWith("bob", StringComparison.Ordinal), because: Guest.HeardText);
        Guest.HeardText().Should().Be("one bob");
        Guest.Breaks.Should().Be(0);
        await ada.IsToldAsync("What you typed last was not sent: another has taken over.");
    }

    [Fact]
    public async Task What_a_writer_typed_before_it_left_is_still_typed()
    {
        var deaf = Guest.Deaf = new TaskCompletionSource();

        await using (var ada = await SerialWatcher.StartAsync(Line, "ada"))
        {
            await ada.TypeAsync("one ");
            await ada.TypeAsync("two ");
            await Eventually.TrueAsync(() => Guest.IsHeldUp);
        }

        await using var bob = await SerialWatcher.StartAsync(Line, "bob");
        await bob.TypeAsync("three");
        Guest.Deaf = null;
        deaf.SetResult();
        await Eventually.TrueAsync(() => Guest.HeardText() == "one two three", because: Guest.HeardText);
    }
}
