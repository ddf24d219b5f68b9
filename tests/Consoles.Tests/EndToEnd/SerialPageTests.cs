using System.Text;
using Consoles.Common.Serial;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>The page of a serial console in a real browser, with a line whose frames are scripted.</summary>
public sealed class SerialPageTests(Chromium chromium) : ScriptedPage(chromium), IClassFixture<Chromium>
{
    private readonly ScriptedLine _line = new();

    private ILocator Rows => Page.Locator(".xterm-rows");

    private ILocator Status => Page.Locator("#state");

    private ILocator Notice => Page.Locator(".serial-notice");

    [Fact]
    public async Task What_was_before_is_shown_as_past_and_what_comes_below_a_line()
    {
        _line.Greeting.Insert(0, ScriptedLine.Past("Booting …\r\nweb1 login: "));
        await OpenAsync();
        await Expect(Rows).ToContainTextAsync("Booting …");

        await _line.SendAsync(ScriptedLine.Data("root\r\n\u001b[32mweb1:/root#\u001b[0m "));

        await Expect(Rows).ToContainTextAsync("web1 login: root");
        await Expect(Page.GetByText("live from here")).ToBeVisibleAsync();
        (await Page.EvaluateAsync<bool>("getComputedStyle(document.querySelector('.xterm-fg-2')).color !== getComputedStyle(document.querySelector('.xterm-rows')).color"))
            .Should().BeTrue(because: "the terminal's colours work without inline styles");
        await Watched.ShotAsync("serial-past");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task Without_a_past_there_is_no_line()
    {
        await OpenAsync();
        await _line.SendAsync(ScriptedLine.Data("hello"));

        await Expect(Rows).ToContainTextAsync("hello");
        await Expect(Page.GetByText("live from here")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task What_is_typed_goes_to_the_guest_and_its_echo_is_shown()
    {
        _line.Echoes = true;
        await OpenAsync();

        await Page.Keyboard.TypeAsync("echo grüße");
        await Page.Keyboard.PressAsync("Enter");
        await Page.Keyboard.PressAsync("Control+KeyC");
        await Page.Keyboard.PressAsync("ArrowUp");
        await Page.Keyboard.PressAsync("Tab");

        await Eventually.TrueAsync(() => _line.TypedText == "echo grüße\r\u0003\u001b[A\t", because: () => _line.TypedText);
        await Expect(Rows).ToContainTextAsync("echo grüße");
        await Page.Keyboard.PressAsync("Control+Alt+Shift+KeyM");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Release" })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Frames_are_put_together_whatever_messages_they_come_in()
    {
        await OpenAsync();
        byte[] frames = [.. ScriptedLine.Data("one "), .. ScriptedLine.Data("two "), .. ScriptedLine.Data("thrée")];

        foreach (var one in frames)
        {
            await _line.SendAsync(one);
        }

        await _line.SendAsync([.. frames, .. ScriptedLine.Data(" end")]);

        await Expect(Rows).ToContainTextAsync("one two thréeone two thrée end");
    }

    [Fact]
    public async Task Only_one_writes_and_taking_over_is_an_act_that_the_loser_is_told_of()
    {
        _line.Greeting[1] = ScriptedLine.Writer(you: false, "bob <b>");
        await OpenAsync();
        await Expect(Status).ToHaveTextAsync("Connected, bob <b> types");

        await Page.Keyboard.TypeAsync("x");
        await Expect(Notice).ToHaveTextAsync("bob <b> types at the moment. Take over to type yourself.");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Take over" }).ClickAsync();
        await Eventually.TrueAsync(() => _line.Received.Any(frame => frame.Type == SerialFrameType.Take));
        _line.Typed.Should().BeEmpty();

        await _line.SendAsync(ScriptedLine.Writer(you: true, "ada"));
        await Expect(Status).ToHaveTextAsync("Connected, you type");
        await Page.Keyboard.TypeAsync("y");
        await Eventually.TrueAsync(() => _line.TypedText == "y");

        await _line.SendAsync(ScriptedLine.Writer(you: false, "bob <b>"));
        await Expect(Notice).ToContainTextAsync("bob <b> took over.");
        await Watched.ShotAsync("serial-taken-over");

        await _line.SendAsync(ScriptedLine.Writer(you: true, "ada"));
        await Page.GetByRole(AriaRole.Button, new() { Name = "Release" }).ClickAsync();
        await Eventually.TrueAsync(() => _line.Received.Any(frame => frame.Type == SerialFrameType.Release));
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_line_that_goes_down_is_said_so_and_comes_back()
    {
        await OpenAsync();
        await _line.SendAsync(ScriptedLine.State(attached: false, "the guest is starting anew <img src=x>"));
        await Expect(Status).ToHaveTextAsync("The serial line is down: the guest is starting anew <img src=x>");

        await _line.SendAsync([.. ScriptedLine.State(attached: true), .. ScriptedLine.Notice("back <b>again</b>")]);

        await Expect(Status).ToHaveTextAsync("Connected, you type");
        await Expect(Notice).ToHaveTextAsync("back <b>again</b>");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_break_and_the_size_of_the_window_can_be_sent()
    {
        await OpenAsync();

        await Page.GetByRole(AriaRole.Button, new() { Name = "Send break" }).ClickAsync();
        await Eventually.TrueAsync(() => _line.Received.Any(frame => frame.Type == SerialFrameType.Break));

        await MenuAsync("View", new() { Name = "stty rows" });
        await Eventually.TrueAsync(() => _line.TypedText.StartsWith("stty rows ", StringComparison.Ordinal) && _line.TypedText.EndsWith('\r'));
        _line.TypedText.Should().MatchRegex("^stty rows [1-9][0-9]+ cols [1-9][0-9]+\r$");
    }

    [Fact]
    public async Task A_view_only_line_is_shown_and_nothing_is_sent()
    {
        _line.Greeting[1] = ScriptedLine.Writer(you: false, writer: null);
        await OpenAsync("view");
        await Expect(Status).ToHaveTextAsync("Connected, view only, nobody types");

        await Page.Keyboard.TypeAsync("x");
        await _line.SendAsync(ScriptedLine.Data("\u001b[6nshown"));

        await Expect(Rows).ToContainTextAsync("shown");
        await Expect(Page.GetByText("view only", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Send break" })).ToBeDisabledAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Take over" })).ToBeDisabledAsync();
        _line.Received.Should().BeEmpty();
    }

    [Fact]
    public async Task Nothing_that_came_is_lost_to_a_download_however_broken_it_is()
    {
        byte[] binary = [.. Enumerable.Range(0, 256).Select(value => (byte)value), 0xc3, 0x28, 0xf0, 0x9f, 0x92, 0xed, 0xa0, 0x80, 0xff, 0xfe, 0x0c, 0x18];
        _line.Greeting.Insert(0, ScriptedLine.Frame(SerialFrameType.Past, binary));
        await OpenAsync();
        await _line.SendAsync([.. ScriptedLine.Frame(SerialFrameType.Data, binary), .. ScriptedLine.Gap(12345), .. ScriptedLine.Data("still here é")]);
        await Expect(Rows).ToContainTextAsync("… 12,345 bytes left out");
        await Expect(Rows).ToContainTextAsync("still here é");

        var download = await Page.RunAndWaitForDownloadAsync(() => MenuAsync("Text", new() { Name = "Download log" }));

        download.SuggestedFilename.Should().Be("web1-serial0.log");
        (await File.ReadAllBytesAsync(await download.PathAsync())).Should().Equal([.. binary, .. binary, .. "still here é"u8]);
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_line_that_ends_says_why_and_its_log_can_still_be_kept()
    {
        await OpenAsync();
        await _line.SendAsync(ScriptedLine.Data("last words"));
        await Expect(Rows).ToContainTextAsync("last words");

        await _line.CloseAsync(1012, "The broker is being stopped; try again in a moment.");

        await Expect(Page.GetByText("The broker is being restarted.")).ToBeVisibleAsync();
        var download = await Page.RunAndWaitForDownloadAsync(() => Page.GetByRole(AriaRole.Button, new() { Name = "Download log" }).ClickAsync());
        (await File.ReadAllTextAsync(await download.PathAsync())).Should().Be("last words");

        await AnswerAsync("**/v1/domains/web1/consoles/serial0/tokens", 200, $$"""{"token":"{{Token}}","url":"/console#{{Token}}"}""");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(Status).ToHaveTextAsync("Connected, you type");
        await _line.SendAsync(ScriptedLine.Data("here again"));
        await Expect(Rows).ToContainTextAsync("here again");
        await Expect(Rows).Not.ToContainTextAsync("last words");
    }

    [Fact]
    public async Task A_line_that_somebody_else_holds_can_be_taken_by_force()
    {
        await SerialRedeemableAsync("control");
        Channel.Close(4009, "Somebody on the node has this console open, such as with virsh console. An administrator may take it by force.");
        string? asked = null;
        await Page.RouteAsync("**/v1/domains/web1/consoles/serial0/tokens", route =>
        {
            asked = route.Request.PostData;
            return route.FulfillAsync(new() { Status = 403, ContentType = "application/problem+json", Body = """{"title":"No","detail":"Only administrators are given tokens to take a console by force."}""" });
        });
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByText("such as with virsh console. An administrator")).ToBeVisibleAsync();

        await Page.GetByRole(AriaRole.Button, new() { Name = "Take it by force" }).ClickAsync();

        await Expect(Page.GetByText("Only administrators are given tokens")).ToBeVisibleAsync();
        asked.Should().Be("""{"rights":"force"}""");
    }

    [Fact]
    public async Task Force_is_not_offered_where_it_cannot_help()
    {
        await SerialRedeemableAsync("control");
        Channel.Close(4010, "Another client is connected to this console, and QEMU serves one at a time. It is opened when that one leaves.");

        await Page.GotoAsync($"{Broker.People}console#{Token}");

        await Expect(Page.GetByText("Another client is connected to this console")).ToBeVisibleAsync();
        await Expect(Page.GetByText("It can be opened when they have left it.")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Take it by force" })).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("410000")]
    [InlineData("034001")]
    [InlineData("04000100")]
    [InlineData("0500027b7b")]
    [InlineData("0600046e756c6c")]
    public async Task A_line_that_sends_what_is_no_frame_is_given_up(string hex)
    {
        await OpenAsync();

        await _line.SendAsync([.. Convert.FromHexString(hex), 0, 0, 0]);

        await Expect(Page.GetByText("did not understand each other")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_flood_leaves_the_page_alive()
    {
        await OpenAsync();
        var line = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcdef 0123456789abcdef 0123456789abcdef\r\n", 300)));
        byte[] message = [.. Enumerable.Repeat(ScriptedLine.Frame(SerialFrameType.Data, line), 16).SelectMany(frame => frame)];

        for (var sent = 0; sent < 80; sent++)
        {
            await _line.SendAsync(message);
        }

        await _line.SendAsync(ScriptedLine.Data("\r\nafter the flood"));
        await Expect(Rows).ToContainTextAsync("after the flood", new() { Timeout = 30_000 });
        await Page.Keyboard.TypeAsync("x");
        await Eventually.TrueAsync(() => _line.TypedText == "x");
    }

    [Fact]
    public async Task What_the_terminal_cannot_show_in_time_is_left_out_and_said_so()
    {
        await OpenAsync();

        // In one task of the browser: the terminal shows nothing of it meanwhile, and may keep 8 MiB.
        await Page.EvaluateAsync(
            """
            async () => {
              const root = document.querySelector('script[src]').src.replace(/console\.js$/, '');
              const { LineTerminal } = await import(root + 'serial-terminal.js');
              const terminal = new LineTerminal(document.querySelector('.serial-screen'), { viewOnly: true, answer() {} });
              const line = new TextEncoder().encode('x'.repeat(62) + '\r\n');
              const mebibyte = new Uint8Array(1 << 20);
              for (let at = 0; at < mebibyte.length; at += line.length) { mebibyte.set(line, at); }
              for (let sent = 0; sent < 20; sent++) { terminal.show(mebibyte); }
            }
            """);

        await Expect(Page.GetByText("… 12,582,912 bytes left out")).ToBeVisibleAsync(new() { Timeout = 30_000 });
    }

    private async Task OpenAsync(string rights = "control")
    {
        await SerialRedeemableAsync(rights);
        Channel.Play(_line.RunAsync);
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Send break" })).ToBeVisibleAsync();
    }

    private Task SerialRedeemableAsync(string rights) => AnswerAsync(
        "**/v1/redeem", 200, $$"""{"ticket":"abc","domain":"web1","console":"serial0","kind":"serial","rights":"{{rights}}","channel":"/channel"}""");

    private async Task MenuAsync(string menu, PageGetByRoleOptions button)
    {
        await Page.GetByText(menu, new() { Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Button, button).ClickAsync();
    }
}
