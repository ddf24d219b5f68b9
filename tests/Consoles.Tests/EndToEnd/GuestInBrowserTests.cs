using System.Diagnostics;
using Consoles.Broker.Access;
using Consoles.Broker.Authority;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>From libvirt to pixels and from keys to the guest, with nothing in between that is not real.</summary>
public sealed class GuestInBrowserTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Guest = "web1";
    private const string Node = "node1";

    private readonly string _certificates = $"/tmp/clv-pki-{Guid.NewGuid():N}";
    private LibvirtHost? _host;
    private Fleet? _fleet;
    private WatchedPage _watched = null!;

    public async Task InitializeAsync() => _watched = await chromium.OpenAsync();

    public async Task DisposeAsync()
    {
        await _watched.DisposeAsync();

        if (_fleet is not null)
        {
            await _fleet.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(_certificates, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_typed_in_the_browser_arrives_in_the_guest(bool tls)
    {
        await StartFleetAsync(tls);
        var serial = await StartGuestAsync();

        await ConsolePage.OpenAsync(_fleet!, _watched, Guest);
        await LibvirtHost.ReadUntilAsync(serial, $"{Guest}:/root#");
        await ConsolePage.TypeAsync(_watched, "echo \"Typed: $((6*7))\" > /dev/ttyS0");

        await LibvirtHost.ReadUntilAsync(serial, "Typed: 42");
        await _watched.ShotAsync(tls ? "guest-tls" : "guest");
        _watched.Complaints.Should().BeEmpty();
        _watched.Hosts.Keys.Should().Equal(_fleet!.Broker.People.Authority);
    }

    [Fact]
    public async Task A_guest_that_is_destroyed_is_said_so_within_a_second()
    {
        await StartFleetAsync();
        var quickest = TimeSpan.MaxValue;

        // The machine may have other work: one of a few shows that nothing waits.
        for (var attempt = 0; attempt < 5 && quickest >= TimeSpan.FromSeconds(1); attempt++)
        {
            await _watched.Page.GotoAsync("about:blank");
            await _host!.StartAsync(GuestXml.Firmware(Guest).Vnc());
            await ConsolePage.OpenAsync(_fleet!, _watched, Guest);

            await _host!.DestroyAsync(Guest);
            var watch = Stopwatch.StartNew();

            await Expect(_watched.Page.GetByText("The guest has stopped.")).ToBeVisibleAsync();
            quickest = watch.Elapsed < quickest ? watch.Elapsed : quickest;
        }

        quickest.Should().BeLessThan(TimeSpan.FromSeconds(1));
        await _watched.ShotAsync("guest-stopped");
    }

    [Fact]
    public async Task A_console_can_be_opened_again_after_its_guest_was_started_again()
    {
        await StartFleetAsync();
        var guest = GuestXml.Firmware(Guest).Id(Guid.NewGuid()).Vnc();
        await _host!.StartAsync(guest);
        await ConsolePage.UntilOpenableAsync(_fleet!, Guest);
        var (run, _) = await _fleet!.WaitForConsoleAsync(Guest);
        await _watched.Page.GotoAsync(_fleet!.Broker.People.ToString());
        await _watched.Page.GetByLabel("API key").FillAsync(_fleet!.Broker.CreateKey(ApiRole.Operator, "ada"));
        await _watched.Page.Keyboard.PressAsync("Enter");

        var opened = await _watched.Page.RunAndWaitForPopupAsync(() => _watched.Page.GetByRole(AriaRole.Button, new() { Name = $"Open vnc0 of {Guest}" }).ClickAsync());
        await Expect(opened.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        await _watched.ShotAsync("list-real");

        await _host!.DestroyAsync(Guest);
        await Expect(opened.GetByText("The guest has stopped.")).ToBeVisibleAsync();
        await _host!.StartAsync(guest);
        await _fleet!.WaitForConsoleAsync(Guest, other: run);
        await ConsolePage.UntilOpenableAsync(_fleet!, Guest);

        await opened.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(opened.GetByRole(AriaRole.Status)).ToHaveTextAsync("Connected");
        _watched.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_viewer_without_control_sees_the_guest_and_cannot_type()
    {
        await StartFleetAsync();
        var serial = await StartGuestAsync();
        await LibvirtHost.ReadUntilAsync(serial, $"{Guest}:/root#");
        await using var other = await chromium.OpenAsync();

        await ConsolePage.OpenAsync(_fleet!, _watched, Guest, "view");
        await ConsolePage.TypeAsync(_watched, "echo no > /dev/ttyS0");
        await ConsolePage.OpenAsync(_fleet!, other, Guest);
        await ConsolePage.TypeAsync(other, "echo yes > /dev/ttyS0");

        (await LibvirtHost.ReadUntilAsync(serial, "yes")).Should().NotContain("no\r");
    }

    private async Task StartFleetAsync(bool tls = false)
    {
        Directory.CreateDirectory(_certificates);
        _host = await LibvirtHost.StartNewAsync(tls ? VncTls.Settings(_certificates) : []);
        _fleet = await Fleet.StartAsync(_host, Node, tls ? ["--Routes:Default=Direct"] : []);

        if (tls)
        {
            await VncTls.WriteAsync(_fleet.Broker, Node, _certificates);
        }
    }

    private async Task<string> StartGuestAsync()
    {
        var serial = _host!.PathFor("serial.log");
        await _host!.StartAsync(GuestXml.Linux(Guest, await GuestImage.GetAsync()).Vnc().SerialPty(serial));
        return serial;
    }
}
