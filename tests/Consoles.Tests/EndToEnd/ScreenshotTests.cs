using System.Buffers.Binary;
using System.Net;
using Consoles.Tests.Fakes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Consoles.Tests.EndToEnd;

/// <summary>Pictures of real guests' screens.</summary>
public sealed class ScreenshotTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private readonly LibvirtHost _host = new();
    private Fleet _fleet = null!;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _fleet = await Fleet.StartAsync(_host);
    }

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Each_guests_screen_is_what_libvirt_shows_of_it_and_the_list_shows_both()
    {
        // The firmware writes the machine's UUID, so no two screens are alike.
        foreach (var guest in (string[])["ada", "bob"])
        {
            await _host.StartAsync(GuestXml.Firmware(guest).VncNone());
            await _fleet.WaitForConsoleAsync(guest);
        }

        var ada = await SettledAsync("ada");
        await SettledAsync("bob", unlike: ada);
        await ListAsync();
    }

    /// <summary>The picture of the API, once it is the one that virsh takes: the firmware has nothing more to say, and its cursor blinks. Before the firmware, QEMU shows a picture of its own, of another size.</summary>
    private Task<byte[]> SettledAsync(string guest, byte[]? unlike = null) => Eventually.GetAsync(
        async () =>
        {
            using var answer = await _fleet.Operator.GetAsync($"/v1/domains/{guest}/screenshot");
            answer.StatusCode.Should().Be(HttpStatusCode.OK, because: await answer.Content.ReadAsStringAsync());
            answer.Content.Headers.ContentType!.MediaType.Should().Be("image/png");
            var picture = await answer.Content.ReadAsByteArrayAsync();
            var file = _host.PathFor($"{guest}.png");
            await _host.VirshAsync("screenshot", guest, file);
            var shown = await File.ReadAllBytesAsync(file);
            return picture.SequenceEqual(shown) && WidthAndHeight(picture) == (720, 400) && !picture.SequenceEqual(unlike ?? []) ? picture : null;
        },
        TimeSpan.FromSeconds(60));

    private async Task ListAsync()
    {
        foreach (var (name, width, scheme) in new[] { ("list-thumbnails", 1100, ColorScheme.Light), ("list-thumbnails-narrow-dark", 400, ColorScheme.Dark) })
        {
            await using var watched = await chromium.OpenAsync(width, 800, phone: width < 500, scheme: scheme);
            await watched.Page.GotoAsync(_fleet.Broker.People.ToString());
            await watched.Page.GetByLabel("API key").FillAsync(_fleet.Broker.CreateKey(name: name));
            await watched.Page.Keyboard.PressAsync("Enter");

            foreach (var guest in (string[])["ada", "bob"])
            {
                var picture = watched.Page.GetByAltText($"Screen of {guest}");
                await Expect(picture).ToBeVisibleAsync();
                (await picture.EvaluateAsync<int>("image => image.naturalWidth")).Should().Be(720);
            }

            await watched.ShotAsync(name);
            (await watched.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width);
            watched.Complaints.Should().BeEmpty();
        }
    }

    // PNG (third edition), section 11.2.2: the first chunk.
    private static (int Width, int Height) WidthAndHeight(byte[] png) =>
        (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
}
