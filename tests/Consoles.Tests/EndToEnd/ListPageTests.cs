using Consoles.Tests.Fakes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>The list of consoles in a real browser.</summary>
public sealed class ListPageTests(Chromium chromium) : ScriptedPage(chromium), IClassFixture<Chromium>
{
    [Fact]
    public async Task After_logging_in_the_list_says_what_there_is_and_runs_nothing_that_a_guest_is_called()
    {
        await AnswerAsync("**/v1/domains?*", 401, """{"title":"Not logged in"}""");
        await AnswerAsync("**/v1/login", 200, """{"user":"ada","role":"operator"}""");
        await Page.GotoAsync(Broker.People.ToString());
        await Expect(Page.GetByLabel("API key")).ToBeFocusedAsync();
        await Watched.ShotAsync("login");

        await ListAsync();
        await Page.GetByLabel("API key").FillAsync("ck1_secret");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
        await Expect(Page.GetByText("TLS with certificate")).ToBeVisibleAsync();
        await Expect(Page.GetByText("<img src=x onerror=alert(1)>")).ToBeVisibleAsync();
        await Expect(Page.GetByText("a pseudo-terminal on the node · Serial consoles cannot be opened in a browser yet. <b>")).ToBeVisibleAsync();
        await Expect(Page.GetByText("Logged in as ada")).ToBeVisibleAsync();
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1" })).ToBeVisibleAsync();
        await Watched.ShotAsync("list");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_refused_key_is_said_in_words()
    {
        await AnswerAsync("**/v1/domains?*", 401, """{"title":"Not logged in"}""");
        await AnswerAsync("**/v1/login", 401, """{"title":"Not authenticated","detail":"The API key is not valid."}""", "application/problem+json");
        await Page.GotoAsync(Broker.People.ToString());

        await Page.GetByLabel("API key").FillAsync("wrong");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The API key is not valid.");
    }

    [Fact]
    public async Task A_broker_that_is_gone_is_said_in_words_and_the_list_stays()
    {
        await ListAsync();
        await Page.GotoAsync(Broker.People.ToString());
        await Expect(Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);

        await Page.RouteAsync("**/v1/domains?*", route => route.AbortAsync());

        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await Expect(Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
    }

    [Fact]
    public async Task Refreshing_does_not_take_the_focus_away()
    {
        await ListAsync();
        await Page.GotoAsync(Broker.People.ToString());
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
            return route.FulfillAsync(new() { Status = 200, ContentType = "application/json", Body = $$"""{"token":"{{Token}}","url":"{{Broker.People}}console#{{Token}}"}""" });
        });
        await Page.GotoAsync(Broker.People.ToString());
        await Page.GetByLabel("Open view-only").CheckAsync();

        var opened = await Page.RunAndWaitForPopupAsync(() => Page.GetByRole(AriaRole.Button, new() { Name = "Open vnc0 of web1" }).ClickAsync());
        await Expect(opened).ToHaveURLAsync($"{Broker.People}console");

        asked.Should().Be("""/v1/domains/4dea22b3-1d52-d8f3-2516-782e98ab3fa0/consoles/vnc0/tokens {"rights":"view"}""");
    }

    [Theory]
    [InlineData(1100, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_domain_with_twenty_consoles_of_every_kind_stays_a_row(int width, ColorScheme scheme)
    {
        var consoles = Enumerable.Range(0, 20).Select(i => i == 0
            ? """{"name":"spice0","kind":"spice","route":"relayed by the agent, through libvirt on the node","openable":true}"""
            : $$"""{"name":"serial{{i}}","kind":"serial","route":"relayed by the agent, a pseudo-terminal on the node","openable":true}""");
        await using var watched = await Browser.OpenAsync(width, 800, phone: width < 500, scheme: scheme);
        await AnswerAsync(
            "**/v1/domains?*",
            200,
            $$"""{"items":[{"id":"{{Web1}}","name":"web1","node":"node1","heard":true,"state":"running","consoles":20,"consoleList":[{{string.Join(',', consoles)}}]}]}""",
            on: watched.Page);
        await watched.Page.GotoAsync(Broker.People.ToString());

        await Expect(watched.Page.GetByRole(AriaRole.Button, new() { Name = "Open " })).ToHaveCountAsync(20);
        await Expect(watched.Page.GetByText("relayed by the agent, through libvirt on the node")).ToBeVisibleAsync();
        await watched.ShotAsync($"list-twenty-{width}");
        (await WidthAsync(watched.Page)).Should().BeLessThanOrEqualTo(width);
        (await watched.Page.GetByRole(AriaRole.Row).Last.EvaluateAsync<int>("row => row.clientHeight")).Should().BeLessThan(800);
    }
}
