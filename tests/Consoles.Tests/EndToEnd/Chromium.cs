using Microsoft.Playwright;

namespace Consoles.Tests.EndToEnd;

/// <summary>A headless Chromium of the distribution, which asks nobody for anything but what its pages do.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        // Its own five seconds are short on a machine that boots guests meanwhile.
        Assertions.SetDefaultExpectTimeout(60_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-domain-reliability",
            ],
        });
    }

    /// <summary>A page with cookies of its own, which notes what goes wrong in it.</summary>
    internal async Task<WatchedPage> OpenAsync(int width = 1100, int height = 760, bool phone = false, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            IgnoreHTTPSErrors = true,
            HasTouch = phone,
            IsMobile = phone,
            ColorScheme = scheme,
        });
        context.SetDefaultTimeout(60_000);
        return await WatchedPage.OpenAsync(context);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }
}
