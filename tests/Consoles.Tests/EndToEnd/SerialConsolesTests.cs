using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;
using Xunit.Abstractions;

namespace Consoles.Tests.EndToEnd;

/// <summary>Serial consoles of every kind, on real guests.</summary>
public sealed class SerialConsolesTests(SerialGuests guests, ITestOutputHelper output) : IClassFixture<SerialGuests>
{
    private static readonly TimeSpan Boot = TimeSpan.FromMinutes(3);

    private SerialNode Node => guests.Node;

    [Theory]
    [InlineData("every", "serial0", "ttyS0")]
    [InlineData("every", "serial1", "ttyS1")]
    [InlineData("every", "serial2", "ttyS2")]
    [InlineData("every", "serial3", "ttyS3")]
    [InlineData("secure", "serial1", "ttyS1")]
    [InlineData("secure", "console1", "hvc0")]
    public async Task A_shell_answers_on_a_console_of_each_kind(string domain, string console, string device)
    {
        await using var ada = await Node.WatchAsync(domain, console);
        await ada.SeesAsync($"ready on {device}", Boot);
        await ada.SeesAsync(":/root#", Boot);

        await ada.TypeAsync("\recho $((6*7))-$(tty)\r");

        await ada.SeesAsync($"42-/dev/{device}");
        ada.Text.Should().NotContain("�", because: "negotiation is not shown");
    }

    [Fact]
    public async Task Three_readers_see_the_same_and_a_second_writer_is_refused_until_it_takes_over()
    {
        await using var ada = await Node.WatchAsync("secure", "serial0");
        await ada.SeesAsync("secure:/root#", Boot);
        await using var bob = await Node.WatchAsync("secure", "serial0", "bob");
        await ada.TypeAsync("\recho from-$((1+1))-ada\r");
        await ada.SeesAsync("from-2-ada");
        await bob.SeesAsync("from-2-ada");

        await bob.TypeAsync("echo from-$((1+1))-bob\r");
        await bob.IsToldAsync("Nothing was sent: ada is typing on this console.");
        await bob.TakeAsync();
        await ada.IsToldAsync("bob has taken over");
        await bob.TypeAsync("echo from-$((2+1))-bob\r");
        await ada.SeesAsync("from-3-bob");
        await using var late = await Node.WatchAsync("secure", "serial0", "late", mayWrite: false);
        await late.SeesAsync("from-3-bob");

        // The shell's next prompt may still be on its way to one of them.
        await Eventually.TrueAsync(
            async () => Encoding.UTF8.GetString(await Node.PastAsync("secure", "serial0", 1_000_000)) is var past && late.Text == past && bob.Text == past && ada.Text == past,
            because: () => $"{late.Text}\n--- bob:\n{bob.Text}\n--- ada:\n{ada.Text}");
        bob.Text.Should().NotContain("from-2-bob");
        late.Order.TakeWhile(type => type != SerialFrameType.Live).Should().Contain(SerialFrameType.Past);
    }

    [Theory]
    [InlineData("every", "serial0")]
    [InlineData("every", "serial1")]
    [InlineData("every", "serial2")]
    [InlineData("every", "serial3")]
    [InlineData("secure", "serial1")]
    public async Task Whatever_bytes_a_guest_sends_arrive_byte_for_byte(string domain, string console)
    {
        await using var ada = await Node.WatchAsync(domain, console);
        await ada.SeesAsync(":/root#", Boot);
        await ada.TakeAsync();
        await ada.TypeAsync($"\rhead -c 20000 /dev/urandom > /tmp/{console}; sha256sum < /tmp/{console}; stty raw; echo B''EGIN; cat /tmp/{console}; echo E''ND; sleep 1; stty sane\r");
        await ada.SeesAsync("END\n");

        // Latin-1 has a character for each byte.
        var seen = Encoding.Latin1.GetString([.. ada.Past, .. ada.Data]);
        var begin = seen.LastIndexOf("BEGIN\n", StringComparison.Ordinal);
        var sent = seen[(begin + 6)..seen.LastIndexOf("END\n", StringComparison.Ordinal)];
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(sent)));

        sent.Should().HaveLength(20000);
        seen[..begin].Should().Contain(digest);
    }

    [Fact]
    public async Task A_flood_with_ten_slow_readers_disturbs_neither_a_good_one_nor_another_guest()
    {
        const int Last = 100_000;
        await using var good = await Node.WatchAsync("every", "serial1", "good");
        await good.SeesAsync(":/root#", Boot);
        await using var other = await Node.WatchAsync("secure", "serial0", "other");
        await other.SeesAsync(":/root#", Boot);
        var slow = new List<SerialWatcher>();

        for (var i = 0; i < 10; i++)
        {
            slow.Add(await Node.WatchAsync("every", "serial1", $"slow{i}", mayWrite: false, pace: () => Task.Delay(250)));
        }

        var watch = Stopwatch.StartNew();
        await good.TakeAsync();
        await good.TypeAsync($"\rseq 1 {Last} > /tmp/seq; stty raw; cat /tmp/seq; stty sane\r");
        await other.TakeAsync();
        await other.TypeAsync("\recho $((6*7))-while-flooded\r");
        await other.SeesAsync("42-while-flooded");
        await Eventually.TrueAsync(() => good.Received > Last * 5 && Encoding.ASCII.GetString(good.Data[^200..]).Contains($"{Last}\n", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => $"{good.Received} received, {good.Missed} missed, {string.Join(';', good.Notices)} {Encoding.ASCII.GetString(good.Data[^100..])}");
        output.WriteLine($"{good.Received} bytes in {watch.Elapsed.TotalSeconds:0.0} s, {Node.Lines.Allocated} bytes of scrollback");

        good.Missed.Should().Be(0);
        good.Text.Should().Contain(string.Join('\n', Enumerable.Range(1, Last)));

        foreach (var watcher in slow)
        {
            await watcher.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_break_reaches_the_guest_over_libvirt_and_over_telnet()
    {
        foreach (var (console, device) in new[] { ("serial0", 0), ("serial3", 3), ("serial1", 1) })
        {
            await using var ada = await Node.WatchAsync("every", console);
            await ada.SeesAsync(":/root#", Boot);
            await ada.TakeAsync();
            await ada.SendAsync(SerialFrameType.Break, []);

            await Eventually.GetAsync(async () =>
            {
                await ada.TypeAsync($"\rgrep -o '^{device}:.*' /proc/tty/driver/serial\r");
                await Task.Delay(300);
                return ada.Text.Contains(" brk:", StringComparison.Ordinal) ? ada : null;
            }, because: () => ada.Text + string.Join(';', ada.Notices));
        }
    }
}
