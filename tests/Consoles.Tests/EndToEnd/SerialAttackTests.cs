using System.Text;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>A guest that prints what it should not, in a real terminal of a real browser.</summary>
public sealed class SerialAttackTests(Chromium chromium) : ScriptedPage(chromium), IClassFixture<Chromium>
{
    private const string Allowed = "\u001b[5n\u001b[6n\u001b[c";

    // Each asks the terminal for an answer, wants something of the page or the person's browser, or is HTML.
    private static readonly string[] Attacks =
    [
        "\u001b]0;touch /tmp/owned\u0007", "\u001b]2;touch /tmp/owned\u001b\\", "\u001b[21t", "\u001b[20t", "\u001b[18t", "\u001b[19t", "\u001b[14t", "\u001b[16t", "\u001b[22;0t", "\u001b[23;0t",
        "\u001b]10;?\u0007", "\u001b]11;?\u001b\\", "\u001b]12;?\u0007", "\u001b]4;1;?\u0007", "\u001b]4;1;rgb:ff/00/00\u0007", "\u001b]10;#16181d\u0007", "\u001b]104\u0007", "\u001b]17;?\u0007",
        "\u001bP$q\"p\u001b\\", "\u001bP$qm\u001b\\", "\u001bP$qr\u001b\\", "\u001bP+q544e\u001b\\", "\u0005", "\u001bZ", "\u001b[>c", "\u001b[=c", "\u001b[1c", "\u001b[?6n", "\u001b[?15n", "\u001b[?996n",
        "\u001b[?2004$p", "\u001b[4$p", "\u001b[>q", "\u001b[x", "\u001b[?1004h", "\u001b[0n", "\u001b[7n",
        "\u001b]52;c;?\u0007", "\u001b]52;c;dG91Y2ggL3RtcC9vd25lZAo=\u0007", "\u001b]52;p;dG91Y2ggL3RtcC9vd25lZAo=\u001b\\",
        "\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007", "\u001b]8;;https://example.org/\u0007click\u001b]8;;\u0007", "\u001b]1337;File=inline=1:PGgxPg==\u0007", "\u001b]7;file://x/\u0007", "\u001b]777;notify;a;b\u0007",
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u001b]0;<img src=x onerror=alert(1)>\u0007", "https://example.org/ ",
    ];

    private readonly ScriptedLine _line = new();

    private ILocator Rows => Page.Locator(".xterm-rows");

    [Fact]
    public async Task What_a_guest_prints_is_not_answered_and_changes_nothing_but_the_terminal()
    {
        await Watched.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var dialogs = 0;
        Page.Dialog += (_, dialog) =>
        {
            Interlocked.Increment(ref dialogs);
            _ = dialog.DismissAsync();
        };
        await OpenAsync();
        await Page.EvaluateAsync("navigator.clipboard.writeText('mine')");
        var title = await Page.TitleAsync();

        foreach (var attack in Attacks)
        {
            await _line.SendAsync(ScriptedLine.Data($"{attack}\r\n"));
        }

        await _line.SendAsync(ScriptedLine.Data("\u001b[2Jthe end"));
        await Expect(Rows).ToContainTextAsync("the end");

        // Focus comes and goes: a guest that asked for it is told nothing.
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send break" }).FocusAsync();
        await Page.Locator(".xterm-screen").ClickAsync();
        await Page.Keyboard.TypeAsync("x");
        await Eventually.TrueAsync(() => _line.Typed.Length > 0);

        _line.TypedText.Should().Be("x");
        dialogs.Should().Be(0);
        (await Page.TitleAsync()).Should().Be(title).And.Be("web1 · serial0 - Consoles");
        (await Page.EvaluateAsync<string>("navigator.clipboard.readText()")).Should().Be("mine");
        (await Page.Locator("#screen a, #screen img, #screen script").CountAsync()).Should().Be(0);
        Page.Context.Pages.Should().HaveCount(1);
        ShouldBeQuiet();
    }

    [Fact]
    public async Task Three_answers_of_numbers_are_given_for_who_writes()
    {
        await OpenAsync();

        await _line.SendAsync(ScriptedLine.Data($"abc{Allowed}"));

        await Eventually.TrueAsync(() => _line.TypedText == "\u001b[0n\u001b[1;4R\u001b[?1;2c", because: () => _line.TypedText);
    }

    [Fact]
    public async Task Nothing_is_answered_for_who_does_not_write()
    {
        _line.Greeting[1] = ScriptedLine.Writer(you: false, writer: null);
        await OpenAsync();

        await _line.SendAsync(ScriptedLine.Data($"{Allowed}the end"));

        await Expect(Rows).ToContainTextAsync("the end");
        _line.Received.Should().BeEmpty(because: "an answer would make this viewer the writer");
    }

    [Fact]
    public async Task The_past_is_shown_and_not_answered()
    {
        _line.Greeting.Insert(2, ScriptedLine.Past($"{Allowed}{string.Concat(Attacks)}\u001b[2Jthe past"));
        await OpenAsync();
        await Expect(Rows).ToContainTextAsync("the past");

        await _line.SendAsync(ScriptedLine.Data("\u001b[5n"));

        await Eventually.TrueAsync(() => _line.Typed.Length > 0);
        _line.TypedText.Should().Be("\u001b[0n", because: "that was asked live");
    }

    [Fact]
    public async Task A_pasted_text_is_cleaned_paced_and_ends_its_lines_as_the_enter_key_does()
    {
        await OpenAsync();
        await _line.SendAsync(ScriptedLine.Data("\u001b[?2004hready"));
        await Expect(Rows).ToContainTextAsync("ready");
        var text = new StringBuilder("first\r\nsecond\u001b[201~; rm -rf /\u0007\n");
        text.Insert(text.Length, "grüße ", 300);

        await Page.GetByText("Text", new() { Exact = true }).ClickAsync();
        await Page.GetByLabel("Text to type into the guest").FillAsync($"{text}");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Type it" }).ClickAsync();

        var expected = $"\u001b[200~first\rsecond[201~; rm -rf /\r{string.Concat(Enumerable.Repeat("grüße ", 300))}\u001b[201~";
        await Eventually.TrueAsync(() => _line.TypedText == expected, because: () => _line.TypedText);
        _line.Received.Should().OnlyContain(frame => frame.Payload.Length <= 256);
    }

    private async Task OpenAsync()
    {
        await AnswerAsync("**/v1/redeem", 200, """{"ticket":"abc","domain":"web1","console":"serial0","kind":"serial","rights":"control","channel":"/channel"}""");
        Channel.Play(_line.RunAsync);
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Send break" })).ToBeVisibleAsync();
    }
}
