using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>The page of one console in a real browser.</summary>
public sealed class ConsolePageTests(Chromium chromium) : ScriptedPage(chromium), IClassFixture<Chromium>
{
    [Fact]
    public async Task The_token_leaves_the_address_bar_and_goes_into_one_request_alone()
    {
        var bodies = new List<string?>();
        await Page.RouteAsync("**/v1/redeem", route =>
        {
            bodies.Add(route.Request.PostData);
            return route.FulfillAsync(new() { Status = 403, ContentType = "application/problem+json", Body = """{"title":"Refused"}""" });
        });

        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "The console is closed" })).ToBeFocusedAsync();

        Page.Url.Should().Be($"{Broker.People}console");
        bodies.Should().Equal($$"""{"token":"{{Token}}"}""");
        await Expect(Page.GetByText("This token is not valid any more.")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeHiddenAsync();
        await Watched.ShotAsync("refused");
        ShouldBeQuiet();
    }

    [Theory]
    [InlineData(1011, "could not be reached")]
    [InlineData(1012, "being restarted")]
    [InlineData(4001, "not valid any more")]
    [InlineData(4002, "taken back")]
    [InlineData(4003, "guest has stopped")]
    [InlineData(4004, "moved to another node")]
    [InlineData(4005, "over TLS")]
    [InlineData(4006, "nobody used it")]
    [InlineData(4007, "too many consoles")]
    [InlineData(4008, "took this console over")]
    [InlineData(4999, "code 4999")]
    public async Task Why_a_console_closed_is_said_in_a_sentence(int code, string words)
    {
        await RedeemableAsync();
        Channel.Close(code, "what the guest's side said <b>");

        await Page.GotoAsync($"{Broker.People}console#{Token}");

        await Expect(Page.Locator("#ended-why")).ToContainTextAsync(words);
        await Expect(Page.GetByText("what the guest's side said <b>")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Closed");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task Trying_again_asks_for_a_new_token_and_opens_the_console()
    {
        await RedeemableAsync();
        Channel.Close(4003);
        await AnswerAsync("**/v1/domains/web1/consoles/vnc0/tokens", 200, $$"""{"token":"{{Token}}","url":"/console#{{Token}}"}""");
        await Page.GotoAsync($"{Broker.People}console#{Token}");

        await Expect(Page.GetByText("The guest has stopped.")).ToBeVisibleAsync();

        Channel.Play(Guest.RunAsync);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();

        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
    }

    [Fact]
    public async Task Trying_again_without_being_logged_in_says_where_a_token_comes_from()
    {
        await RedeemableAsync();
        Channel.Close(4006);
        await AnswerAsync("**/v1/domains/web1/consoles/vnc0/tokens", 401, """{"title":"Not logged in"}""");
        await Page.GotoAsync($"{Broker.People}console#{Token}");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();

        await Expect(Page.GetByText("Ask whoever gave you this address")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_keyboard_alone_reaches_the_guest_and_comes_back()
    {
        await RedeemableAsync();
        Channel.Play(Guest.RunAsync);
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");

        await Page.Keyboard.PressAsync("Tab");
        await Eventually.TrueAsync(() => Guest.Pressed.Contains(0xff09u));
        await Page.Keyboard.PressAsync("Control+Alt+Shift+KeyM");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-Del" })).ToBeFocusedAsync();
        await Watched.ShotAsync("console");

        await Page.Keyboard.PressAsync("Enter");
        await Eventually.TrueAsync(() => Guest.Pressed.Contains(0xffffu));
        await Page.Keyboard.PressAsync("Control+Alt+Shift+KeyM");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-F7" })).ToBeVisibleAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-F7" }).ClickAsync();
        await Eventually.TrueAsync(() => Guest.Pressed.Contains(0xffc4u));
        await Eventually.TrueAsync(() => Guest.Held.Count == 0, because: () => $"held: {string.Join(' ', Guest.Held)}");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_view_only_console_says_so_and_sends_no_keys()
    {
        await RedeemableAsync("view");
        Channel.Play(Guest.RunAsync);
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected, view only");

        await Page.Keyboard.PressAsync("a");

        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-Del" })).ToBeDisabledAsync();
        Guest.Pressed.Should().BeEmpty();
    }

    [Fact]
    public async Task Disconnecting_closes_the_console_and_a_reload_says_how_to_open_it_again()
    {
        await RedeemableAsync();
        Channel.Play(Guest.RunAsync);
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await Expect(Page.GetByText("You closed the console.")).ToBeVisibleAsync();

        await Page.ReloadAsync();
        await Expect(Page.GetByText("a token opens a console once")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_clipboard_goes_both_ways()
    {
        await RedeemableAsync();
        Channel.Play(Guest.RunAsync);
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");

        await Guest.CutAsync("from the guest");
        await Page.GetByText("Clipboard", new() { Exact = true }).ClickAsync();
        var text = Page.GetByLabel("Text of the guest's clipboard, or for it");
        await Expect(text).ToHaveValueAsync("from the guest");

        await text.FillAsync("to the guest");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send to the guest" }).ClickAsync();
        await Eventually.TrueAsync(() => Guest.Pasted.Contains("to the guest"));
    }

    [Fact]
    public async Task On_a_phone_nothing_is_wider_than_the_screen()
    {
        await using var phone = await Browser.OpenAsync(width: 360, height: 640, phone: true, scheme: ColorScheme.Dark);
        await ListAsync(phone.Page);
        await phone.Page.GotoAsync(Broker.People.ToString());
        await Expect(phone.Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1" })).ToBeVisibleAsync();
        await phone.ShotAsync("phone-list");
        (await WidthAsync(phone.Page)).Should().BeLessThanOrEqualTo(360);

        await RedeemableAsync(on: phone.Page);
        Channel.Play(Guest.RunAsync);
        await phone.Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(phone.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        await phone.Page.GetByText("Keys", new() { Exact = true }).ClickAsync();
        await phone.ShotAsync("phone-console");
        (await WidthAsync(phone.Page)).Should().BeLessThanOrEqualTo(360);
    }
}
