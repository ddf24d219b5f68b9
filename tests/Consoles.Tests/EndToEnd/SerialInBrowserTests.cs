using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>libvirt's default serial console, a pty that nothing listens for, from a real guest's shell to a real browser.</summary>
public sealed class SerialInBrowserTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Guest = "web1";

    private LibvirtHost _host = null!;
    private Fleet _fleet = null!;
    private WatchedPage _watched = null!;

    public async Task InitializeAsync()
    {
        _host = await LibvirtHost.StartNewAsync([]);
        _fleet = await Fleet.StartAsync(_host);
        _watched = await chromium.OpenAsync();
        await _host.StartAsync(GuestXml.Linux(Guest, await GuestImage.GetAsync()).SerialPty());
    }

    public async Task DisposeAsync()
    {
        await _watched.DisposeAsync();
        await _fleet.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_shell_is_used_by_one_seen_by_two_taken_over_and_found_again_after_the_agent_was_restarted()
    {
        await OpenAsync(_watched.Page);
        await Expect(Rows(_watched.Page)).ToContainTextAsync($"{Guest}:/root#", new() { Timeout = 180_000 });
        await TypeAsync(_watched.Page, "echo Typed: $((6*7)) grüße");
        await Expect(Rows(_watched.Page)).ToContainTextAsync("Typed: 42 grüße", new() { Timeout = 60_000 });
        await Expect(Status(_watched.Page)).ToHaveTextAsync("Connected, you type");
        await _watched.ShotAsync("serial");

        await using var other = await chromium.OpenAsync();
        await OpenAsync(other.Page);
        await Expect(Rows(other.Page)).ToContainTextAsync("Typed: 42 grüße");
        await Expect(other.Page.GetByText("live from here")).ToBeVisibleAsync();
        await other.Page.Keyboard.TypeAsync("x");
        await Expect(other.Page.Locator(".serial-notice")).ToContainTextAsync("types at the moment");
        await other.Page.GetByRole(AriaRole.Button, new() { Name = "Take over" }).ClickAsync();
        await Expect(Status(other.Page)).ToHaveTextAsync("Connected, you type");
        await Expect(_watched.Page.Locator(".serial-notice")).ToContainTextAsync("taken over");
        await TypeAsync(other.Page, "echo Second: $((6*8))");
        await Expect(Rows(_watched.Page)).ToContainTextAsync("Second: 48", new() { Timeout = 60_000 });
        await _watched.ShotAsync("serial-loser");

        (await _fleet.Operator.GetStringAsync($"/v1/domains/{Guest}/console-log?lines=5")).Should().Contain("Second: 48");

        await _fleet.RestartAgentAsync();
        await Expect(_watched.Page.GetByRole(AriaRole.Heading, new() { Name = "The console is closed" })).ToBeVisibleAsync();
        await Expect(_watched.Page.Locator("#ended-detail")).ToContainTextAsync("agent");
        await OpenAsync(_watched.Page);
        await TypeAsync(_watched.Page, "echo Again: $((7*7))");
        await Expect(Rows(_watched.Page)).ToContainTextAsync("Again: 49", new() { Timeout = 60_000 });
        _watched.Complaints.Should().BeEmpty();
    }

    private static ILocator Rows(IPage page) => page.Locator(".xterm-rows");

    private static ILocator Status(IPage page) => page.Locator("#state");

    private static async Task TypeAsync(IPage page, string line)
    {
        await page.Locator(".xterm-screen").ClickAsync();
        await page.Keyboard.TypeAsync(line);
        await page.Keyboard.PressAsync("Enter");
    }

    private async Task OpenAsync(IPage page)
    {
        await _fleet.WaitForConsoleAsync(Guest, "serial0");
        await Eventually.TrueAsync(async () => await _fleet.ViaAsync(Guest, "serial0") is "relayed", TimeSpan.FromSeconds(30));
        var (_, secret) = await _fleet.IssueTokenAsync(Guest, "serial0");

        // Anew, also where the page has shown a console before: an address that differs in its fragment alone loads nothing.
        await page.GotoAsync("about:blank");
        await page.GotoAsync($"{_fleet.Broker.People}console#{secret}");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Send break" })).ToBeVisibleAsync();
    }
}
