using Consoles.Common.Inventory;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>One of the proxies that speak WebSocket.</summary>
/// <param name="Name">As Nova names its service, for the log.</param>
/// <param name="Kind">The kind of console that is opened by it, and no other.</param>
/// <param name="BaseUrl">How it is reached from outside; its scheme is what a page's Origin is held against.</param>
/// <param name="Pages">What it serves, read when the broker starts; null: no pages.</param>
internal sealed record WebProxy(string Name, ConsoleKind Kind, NovaListener Listener, Uri BaseUrl, Lazy<WebRoot>? Pages);
