using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>A guest's SPICE console in a real browser, from its pixels to its keys.</summary>
public sealed class SpiceInBrowserTests(Chromium chromium, LibvirtHost libvirt) : IClassFixture<Chromium>, IClassFixture<LibvirtHost>, IAsyncLifetime
{
    private const string Guest = "spice-page";

    private Fleet _fleet = null!;
    private WatchedPage _watched = null!;
    private string _serial = "";

    public async Task InitializeAsync()
    {
        _watched = await chromium.OpenAsync();
        _fleet = await Fleet.StartAsync(libvirt);
        _serial = libvirt.PathFor($"{Guid.NewGuid():N}.log");
        await libvirt.StartAsync(GuestXml.Linux(Guest, await GuestImage.GetAsync()).SpiceNone().SerialPty(_serial));
        await LibvirtHost.ReadUntilAsync(_serial, $"{Guest}:/root#");
    }

    public async Task DisposeAsync()
    {
        await libvirt.DestroyAsync(Guest);
        await _fleet.DisposeAsync();
        await _watched.DisposeAsync();
    }

    [Fact]
    public async Task The_page_shows_the_guests_screen_and_what_is_typed_arrives_in_the_guest()
    {
        await OpenAsync(_watched, "control");
        await ConsolePage.TypeAsync(_watched, "echo \"Typed: $((6*7))\" > /dev/ttyS0");
        await LibvirtHost.ReadUntilAsync(_serial, "Typed: 42");
        await _watched.Page.GetByText("Keys", new() { Exact = true }).ClickAsync();
        await _watched.Page.GetByRole(AriaRole.Button, new() { Name = "Esc", Exact = true }).ClickAsync();
        await _watched.ShotAsync("spice");
        _watched.Complaints.Should().BeEmpty();
        _watched.Hosts.Keys.Should().Equal(_fleet.Broker.People.Authority);

        await _watched.Page.GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();
        await Expect(_watched.Page.GetByText("You closed the console.")).ToBeVisibleAsync();
        await Eventually.TrueAsync(() => _fleet.Broker.Get<Consoles.Broker.Sessions.SessionRegistry>().Sessions.Count == 0);
    }

    [Fact]
    public async Task Ctrl_Alt_Del_restarts_the_guest_and_the_page_goes_on()
    {
        await OpenAsync(_watched, "control");
        await _watched.Page.GetByRole(AriaRole.Button, new() { Name = "Ctrl-Alt-Del" }).ClickAsync();
        await Eventually.TrueAsync(async () => Count(await File.ReadAllTextAsync(_serial), $"{Guest}:/root#") > 1, TimeSpan.FromSeconds(60));
        await Expect(_watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
    }

    [Fact]
    public async Task Who_may_only_look_sees_the_guest_and_cannot_type_and_is_told_when_another_takes_over()
    {
        await OpenAsync(_watched, "view");
        await Expect(_watched.Page.GetByText("view only", new() { Exact = true })).ToBeVisibleAsync();
        await ConsolePage.TypeAsync(_watched, "echo no > /dev/ttyS0");

        await using var other = await chromium.OpenAsync();
        await OpenAsync(other, "control");
        await Expect(_watched.Page.GetByText("Somebody else took this console over.")).ToBeVisibleAsync();
        await ConsolePage.TypeAsync(other, "echo yes > /dev/ttyS0");
        (await LibvirtHost.ReadUntilAsync(_serial, "yes")).Should().NotContain("no\r");
        _watched.Complaints.Should().BeEmpty();
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private async Task OpenAsync(WatchedPage watched, string rights)
    {
        await _fleet.WaitForConsoleAsync(Guest, "spice0");
        var (_, secret) = await _fleet.IssueTokenAsync(Guest, "spice0", rights);
        await watched.Page.GotoAsync(new Uri(_fleet.Broker.People, $"/console#{secret}").ToString());
        await Expect(watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync(rights == "view" ? "Connected, view only" : "Connected");
        await Eventually.TrueAsync(async () => await ConsolePage.ColoursAsync(watched) > 1, TimeSpan.FromSeconds(30));
    }
}
