using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>The pages in a real browser. They are served by the real broker; what the API and the channel answer is scripted.</summary>
public sealed class PageTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Token = "ct1_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF";

    private const string Web1 = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

    private const string Domains =
        $$"""
        {"items":[
          {"id":"{{Web1}}","name":"web1","node":"node1","state":"running","consoles":2},
          {"id":"5dea22b3-1d52-d8f3-2516-782e98ab3fa0","name":"<img src=x onerror=alert(1)>","node":"node2","state":"running","consoles":0},
          {"id":"6dea22b3-1d52-d8f3-2516-782e98ab3fa0","name":"old","node":"node2","state":"shutoff","consoles":0}]}
        """;

    private const string Consoles =
        """
        {"items":[
          {"name":"vnc0","kind":"vnc","openable":true,"readiness":{"security":"x509","reason":"VeNCrypt X509None; certificate good until 2027-01-01","provedAt":"2026-11-22T12:00:00Z"}},
          {"name":"serial0","kind":"serial","openable":false,"whyNot":"Serial consoles cannot be opened in a browser yet. <b>"}]}
        """;

    private readonly ScriptedChannel _channel = new();
    private readonly ScriptedRfb _guest = new();
    private TestBroker _broker = null!;
    private WatchedPage _watched = null!;

    private IPage Page => _watched.Page;

    public async Task InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(builder => builder.Services.AddSingleton<IStartupFilter>(_channel));
        _watched = await chromium.OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await _watched.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task After_logging_in_the_list_says_what_there_is_and_runs_nothing_that_a_guest_is_called()
    {
        await AnswerAsync("**/v1/domains?*", 401, """{"title":"Not logged in"}""");
        await AnswerAsync("**/v1/login", 200, """{"user":"ada","role":"operator"}""");
        await Page.GotoAsync(_broker.People.ToString());
        await Expect(Page.GetByLabel("API key")).ToBeFocusedAsync();
        await _watched.ShotAsync("login");

        await ListAsync();
        await Page.GetByLabel("API key").FillAsync("ck1_secret");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
        await Expect(Page.GetByText("TLS with certificate")).ToBeVisibleAsync();
        await Expect(Page.GetByText("<img src=x onerror=alert(1)>")).ToBeVisibleAsync();
        await Expect(Page.GetByText("Serial consoles cannot be opened in a browser yet. <b>")).ToBeVisibleAsync();
        await Expect(Page.GetByText("Logged in as ada")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1" })).ToBeVisibleAsync();
        await _watched.ShotAsync("list");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_refused_key_is_said_in_words()
    {
        await AnswerAsync("**/v1/domains?*", 401, """{"title":"Not logged in"}""");
        await AnswerAsync("**/v1/login", 401, """{"title":"Not authenticated","detail":"The API key is not valid."}""", "application/problem+json");
        await Page.GotoAsync(_broker.People.ToString());

        await Page.GetByLabel("API key").FillAsync("wrong");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The API key is not valid.");
    }

    [Fact]
    public async Task A_broker_that_is_gone_is_said_in_words_and_the_list_stays()
    {
        await ListAsync();
        await Page.GotoAsync(_broker.People.ToString());
        await Expect(Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);

        await Page.RouteAsync("**/v1/domains?*", route => route.AbortAsync());

        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await Expect(Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
    }

    [Fact]
    public async Task Refreshing_does_not_take_the_focus_away()
    {
        await ListAsync();
        await Page.GotoAsync(_broker.People.ToString());
        var open = Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1" });
        await open.FocusAsync();

        await AnswerAsync("**/v1/domains?*", 200, Domains.Replace("running", "paused", StringComparison.Ordinal));

        await Expect(Page.GetByText("paused").First).ToBeVisibleAsync();
        await Expect(open).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Opening_a_console_asks_for_a_token_with_the_rights_that_were_chosen()
    {
        await ListAsync();
        string? asked = null;
        await Page.Context.RouteAsync("**/v1/domains/*/consoles/*/tokens", route =>
        {
            asked = $"{new Uri(route.Request.Url).AbsolutePath} {route.Request.PostData}";
            return route.FulfillAsync(new() { Status = 200, ContentType = "application/json", Body = $$"""{"token":"{{Token}}","url":"{{_broker.People}}console#{{Token}}"}""" });
        });
        await Page.GotoAsync(_broker.People.ToString());
        await Page.GetByLabel("Open view-only").CheckAsync();

        var opened = await Page.RunAndWaitForPopupAsync(() => Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1" }).ClickAsync());
        await opened.WaitForURLAsync("**/console");

        asked.Should().Be("""/v1/domains/4dea22b3-1d52-d8f3-2516-782e98ab3fa0/consoles/vnc0/tokens {"rights":"view"}""");
    }

    [Fact]
    public async Task The_token_leaves_the_address_bar_and_goes_into_one_request_alone()
    {
        var bodies = new List<string?>();
        await Page.RouteAsync("**/v1/redeem", route =>
        {
            bodies.Add(route.Request.PostData);
            return route.FulfillAsync(new() { Status = 403, ContentType = "application/problem+json", Body = """{"title":"Refused"}""" });
        });

        await Page.GotoAsync($"{_broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "The console is closed" })).ToBeFocusedAsync();

        Page.Url.Should().Be($"{_broker.People}console");
        bodies.Should().Equal($$"""{"token":"{{Token}}"}""");
        await Expect(Page.GetByText("This token is not valid any more.")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeHiddenAsync();
        await _watched.ShotAsync("refused");
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
        _channel.Close(code, "what the guest's side said <b>");

        await Page.GotoAsync($"{_broker.People}console#{Token}");

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
        _channel.Close(4003);
        await AnswerAsync("**/v1/domains/web1/consoles/vnc0/tokens", 200, $$"""{"token":"{{Token}}","url":"/console#{{Token}}"}""");
        await Page.GotoAsync($"{_broker.People}console#{Token}");

        await Expect(Page.GetByText("The guest has stopped.")).ToBeVisibleAsync();

        _channel.Play(_guest.RunAsync);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();

        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
    }

    [Fact]
    public async Task Trying_again_without_being_logged_in_says_where_a_token_comes_from()
    {
        await RedeemableAsync();
        _channel.Close(4006);
        await AnswerAsync("**/v1/domains/web1/consoles/vnc0/tokens", 401, """{"title":"Not logged in"}""");
        await Page.GotoAsync($"{_broker.People}console#{Token}");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();

        await Expect(Page.GetByText("Ask whoever gave you this address")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_keyboard_alone_reaches_the_guest_and_comes_back()
    {
        await RedeemableAsync();
        _channel.Play(_guest.RunAsync);
        await Page.GotoAsync($"{_broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");

        await Page.Keyboard.PressAsync("Tab");
        await Eventually.TrueAsync(() => _guest.Pressed.Contains(0xff09u));
        await Page.Keyboard.PressAsync("Control+Alt+Shift+KeyM");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-Del" })).ToBeFocusedAsync();
        await _watched.ShotAsync("console");

        await Page.Keyboard.PressAsync("Enter");
        await Eventually.TrueAsync(() => _guest.Pressed.Contains(0xffffu));
        await Page.Keyboard.PressAsync("Control+Alt+Shift+KeyM");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-F7" })).ToBeVisibleAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-F7" }).ClickAsync();
        await Eventually.TrueAsync(() => _guest.Pressed.Contains(0xffc4u));
        _guest.Held.Should().BeEmpty();
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_view_only_console_says_so_and_sends_no_keys()
    {
        await RedeemableAsync("view");
        _channel.Play(_guest.RunAsync);
        await Page.GotoAsync($"{_broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected, view only");

        await Page.Keyboard.PressAsync("a");

        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-Del" })).ToBeDisabledAsync();
        _guest.Pressed.Should().BeEmpty();
    }

    [Fact]
    public async Task Disconnecting_closes_the_console_and_a_reload_says_how_to_open_it_again()
    {
        await RedeemableAsync();
        _channel.Play(_guest.RunAsync);
        await Page.GotoAsync($"{_broker.People}console#{Token}");
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
        _channel.Play(_guest.RunAsync);
        await Page.GotoAsync($"{_broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");

        await _guest.CutAsync("from the guest");
        await Page.GetByText("Clipboard", new() { Exact = true }).ClickAsync();
        var text = Page.GetByLabel("Text of the guest's clipboard, or for it");
        await Expect(text).ToHaveValueAsync("from the guest");

        await text.FillAsync("to the guest");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send to the guest" }).ClickAsync();
        await Eventually.TrueAsync(() => _guest.Pasted.Contains("to the guest"));
    }

    [Fact]
    public async Task On_a_phone_nothing_is_wider_than_the_screen()
    {
        await using var phone = await chromium.OpenAsync(width: 360, height: 640, phone: true, scheme: ColorScheme.Dark);
        await ListAsync(phone.Page);
        await phone.Page.GotoAsync(_broker.People.ToString());
        await Expect(phone.Page.GetByText("web1", new() { Exact = true })).ToBeVisibleAsync();
        await phone.ShotAsync("phone-list");
        (await WidthAsync(phone.Page)).Should().BeLessThanOrEqualTo(360);

        await RedeemableAsync(on: phone.Page);
        _channel.Play(_guest.RunAsync);
        await phone.Page.GotoAsync($"{_broker.People}console#{Token}");
        await Expect(phone.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        await phone.Page.GetByText("Keys", new() { Exact = true }).ClickAsync();
        await phone.ShotAsync("phone-console");
        (await WidthAsync(phone.Page)).Should().BeLessThanOrEqualTo(360);
    }

    private async Task ListAsync(IPage? on = null)
    {
        await AnswerAsync("**/v1/domains?*", 200, Domains, on: on);
        await AnswerAsync("**/v1/domains/*/consoles", 200, """{"items":[]}""", on: on);
        await AnswerAsync($"**/v1/domains/{Web1}/consoles", 200, Consoles, on: on);
    }

    private static Task<int> WidthAsync(IPage page) => page.EvaluateAsync<int>("document.documentElement.scrollWidth");

    private Task RedeemableAsync(string rights = "control", IPage? on = null) => AnswerAsync(
        "**/v1/redeem", 200, $$"""{"ticket":"abc","domain":"web1","console":"vnc0","kind":"vnc","rights":"{{rights}}","channel":"/channel"}""", on: on);

    private async Task AnswerAsync(string path, int status, string json, string type = "application/json", IPage? on = null) =>
        await (on ?? Page).RouteAsync(path, route => route.FulfillAsync(new() { Status = status, ContentType = type, Body = json }));

    private void ShouldBeQuiet()
    {
        _watched.Complaints.Should().BeEmpty();
        _watched.Hosts.Keys.Should().Equal(_broker.People.Authority);
    }
}
