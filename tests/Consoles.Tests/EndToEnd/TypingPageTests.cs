using Consoles.Broker.Typing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>"Paste as keystrokes" on a console's page, in a real browser.</summary>
public sealed class TypingPageTests(Chromium chromium) : ScriptedPage(chromium), IClassFixture<Chromium>
{
    private ILocator Text => Page.GetByLabel("Text", new() { Exact = true });

    private ILocator Layout => Page.GetByLabel("Keyboard layout of the guest");

    private ILocator Send => Page.GetByRole(AriaRole.Button, new() { Name = "Type into the guest" });

    [Fact]
    public async Task A_text_goes_out_with_the_chosen_layout_which_is_remembered()
    {
        var bodies = new List<string?>();
        await Page.RouteAsync("**/v1/keys", route =>
        {
            bodies.Add(route.Request.PostData);
            return route.FulfillAsync(new() { Status = 200, ContentType = "application/json", Body = """{"typed":4}""" });
        });
        await OpenAsync();
        (await Layout.Locator("option").EvaluateAllAsync<string[]>("options => options.map((option) => option.value)")).Should().BeEquivalentTo(new KeyboardLayouts().Names);

        // An accent by itself, after its letter: the browser puts them together.
        await Text.FillAsync("a\u0308{}~");
        await Layout.SelectOptionAsync("de");
        await Watched.ShotAsync("typing");
        await Send.ClickAsync();

        await Expect(Text).ToBeHiddenAsync();
        bodies.Should().Equal("""{"ticket":"abc","text":"ä{}~","layout":"de"}""");
        await Page.GetByText("Paste as keystrokes").ClickAsync();
        await Expect(Text).ToHaveValueAsync("");
        await Expect(Page.GetByText("4 characters typed.")).ToBeVisibleAsync();

        await OpenAsync();
        await Expect(Layout).ToHaveValueAsync("de");
        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_character_that_cannot_be_typed_is_said_and_selected()
    {
        await AnswerAsync("**/v1/keys", 400, """{"title":"No","detail":"Character 3 of the text cannot be typed. <b>","position":3}""", "application/problem+json");
        await OpenAsync();
        await Text.FillAsync("😀b😀d");

        await Send.ClickAsync();

        await Expect(Page.GetByText("Character 3 of the text cannot be typed. <b>")).ToBeVisibleAsync();
        (await Text.EvaluateAsync<string>("text => text.value.slice(text.selectionStart, text.selectionEnd)")).Should().Be("😀");
        (await Text.EvaluateAsync<int>("text => text.selectionStart")).Should().Be(3);
        await Expect(Text).ToBeFocusedAsync();
        await Watched.ShotAsync("typing-refused");
    }

    [Fact]
    public async Task How_far_it_came_is_said_and_the_text_stays()
    {
        await AnswerAsync("**/v1/keys", 502, """{"title":"No","detail":"The agent stopped.","typed":7}""", "application/problem+json");
        await OpenAsync();
        await Text.FillAsync("a long text");

        await Send.ClickAsync();

        await Expect(Page.GetByText("The agent stopped. 7 characters were typed.")).ToBeVisibleAsync();
        await Expect(Text).ToHaveValueAsync("a long text");
    }

    [Fact]
    public async Task A_page_that_may_only_look_offers_no_typing()
    {
        await OpenAsync("view");
        await Expect(Page.GetByText("Paste as keystrokes")).ToHaveCountAsync(0);
    }

    private async Task OpenAsync(string rights = "control")
    {
        await RedeemableAsync(rights);
        Channel.Play(new ScriptedRfb().RunAsync);
        await Page.GotoAsync("about:blank");
        await Page.GotoAsync($"{Broker.People}console#{Token}");
        await Expect(Page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Connected");

        if (rights != "view")
        {
            await Page.GetByText("Paste as keystrokes").ClickAsync();
            await Expect(Text).ToBeVisibleAsync();
        }
    }
}
