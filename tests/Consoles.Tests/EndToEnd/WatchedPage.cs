using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Consoles.Tests.EndToEnd;

/// <summary>A browser's page, with all that it and its browser complained of.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    private WatchedPage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
    }

    public IPage Page { get; }

    public IBrowserContext Context => _context;

    /// <summary>Errors of scripts, and what the content security policy forbade.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>The hosts that anything was asked of.</summary>
    public ConcurrentDictionary<string, bool> Hosts { get; } = new(StringComparer.Ordinal);

    public static async Task<WatchedPage> OpenAsync(IBrowserContext context)
    {
        var watched = new WatchedPage(context, await context.NewPageAsync());

        context.Request += (_, request) => watched.Hosts.TryAdd(new Uri(request.Url).Authority, true);
        context.WebError += (_, error) => watched.Complaints.Enqueue(error.Error);
        context.Console += (_, message) =>
        {
            // That a request was refused is said by the pages, in words.
            if (message.Type is "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal) && !message.Text.Contains("WebSocket", StringComparison.Ordinal))
            {
                watched.Complaints.Enqueue(message.Text);
            }
        };

        return watched;
    }

    /// <summary>Keeps a picture of the page for whoever wants to look at it, and answers with it.</summary>
    public async Task<byte[]> ShotAsync(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts/screenshots"));
        return await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder.FullName, $"{name}.png") });
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();
}
