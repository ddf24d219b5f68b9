using System.Diagnostics;
using Consoles.Broker.Access;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>From libvirt to pixels and from keys to the guest, with nothing in between that is not real.</summary>
public sealed class GuestInBrowserTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Guest = "web1";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_typed_in_the_browser_arrives_in_the_guest(bool tls)
    {
        await using var fleet = await TestFleet.StartAsync(tls);
        var serial = await StartGuestAsync(fleet);
        await using var watched = await chromium.OpenAsync();

        await watched.Page.GotoAsync((await fleet.IssueAsync(Guest)).ToString());
        await Expect(watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        await GuestScreen.WaitUntilDrawnAsync(watched);
        await LibvirtHost.ReadUntilAsync(serial, $"{Guest}:/root#");

        await TypeAsync(watched, "echo \"Typed: $((6*7))\" > /dev/ttyS0");

        await LibvirtHost.ReadUntilAsync(serial, "Typed: 42");
        await watched.ShotAsync(tls ? "guest-tls" : "guest");
        watched.Complaints.Should().BeEmpty();
        watched.Hosts.Keys.Should().Equal(fleet.Broker.People.Authority);
    }

    [Fact]
    public async Task A_guest_that_is_destroyed_is_said_so_within_a_second()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.Host.StartAsync(GuestXml.Firmware(Guest).Vnc());
        await using var watched = await chromium.OpenAsync();
        await watched.Page.GotoAsync((await fleet.IssueAsync(Guest)).ToString());
        await Expect(watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        await GuestScreen.WaitUntilDrawnAsync(watched);

        await fleet.Host.DestroyAsync(Guest);
        var watch = Stopwatch.StartNew();

        await Expect(watched.Page.GetByText("The guest has stopped.")).ToBeVisibleAsync();
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(1));
        await watched.ShotAsync("guest-stopped");
    }

    [Fact]
    public async Task A_console_can_be_opened_again_after_its_guest_was()
    {
        await using var fleet = await TestFleet.StartAsync();
        var guest = GuestXml.Firmware(Guest).Id(Guid.NewGuid()).Vnc();
        await fleet.Host.StartAsync(guest);
        await using var watched = await chromium.OpenAsync();
        await LogInAsync(fleet, watched);

        var opened = await watched.Page.RunAndWaitForPopupAsync(() => watched.Page.GetByRole(AriaRole.Button, new() { Name = $"Open vnc0 of {Guest}" }).ClickAsync());
        await Expect(opened.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");

        await fleet.Host.DestroyAsync(Guest);
        await Expect(opened.GetByText("The guest has stopped.")).ToBeVisibleAsync();
        await fleet.Host.StartAsync(guest);
        await fleet.IssueAsync(Guest);

        await opened.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(opened.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        watched.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_viewer_without_control_sees_the_guest_and_cannot_type()
    {
        await using var fleet = await TestFleet.StartAsync();
        var serial = await StartGuestAsync(fleet);
        await LibvirtHost.ReadUntilAsync(serial, $"{Guest}:/root#");
        await using var watched = await chromium.OpenAsync();
        await using var other = await chromium.OpenAsync();

        await watched.Page.GotoAsync((await fleet.IssueAsync(Guest, "view")).ToString());
        await Expect(watched.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected, view only");
        await GuestScreen.WaitUntilDrawnAsync(watched);
        await TypeAsync(watched, "echo no > /dev/ttyS0");

        await other.Page.GotoAsync((await fleet.IssueAsync(Guest)).ToString());
        await Expect(other.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        await TypeAsync(other, "echo yes > /dev/ttyS0");

        (await LibvirtHost.ReadUntilAsync(serial, "\nyes")).Should().NotContain("\nno");
    }

    // A person holds Shift, which the guest must see; Playwright holds it only when it is told to. Not faster than an emulated keyboard takes it.
    private static async Task TypeAsync(WatchedPage watched, string line)
    {
        foreach (var character in line)
        {
            var shifted = char.IsAsciiLetterUpper(character) || "\"$():*>".Contains(character, StringComparison.Ordinal);
            await watched.Page.Keyboard.PressAsync(shifted ? $"Shift+{character}" : character == ' ' ? "Space" : $"{character}", new() { Delay = 30 });
        }

        await watched.Page.Keyboard.PressAsync("Enter");
    }

    private static async Task<string> StartGuestAsync(TestFleet fleet)
    {
        var serial = fleet.Host.PathFor("serial.log");
        await fleet.Host.StartAsync(GuestXml.Linux(Guest, await GuestImage.GetAsync()).Vnc().SerialPty(serial));
        return serial;
    }

    private static async Task LogInAsync(TestFleet fleet, WatchedPage watched)
    {
        await watched.Page.GotoAsync(fleet.Broker.People.ToString());
        await watched.Page.GetByLabel("API key").FillAsync(fleet.Broker.CreateKey(ApiRole.Operator, "ada"));
        await watched.Page.Keyboard.PressAsync("Enter");
        await Expect(watched.Page.GetByText("Logged in as ada")).ToBeVisibleAsync();
    }
}
