using Consoles.Broker.Access;
using Consoles.Broker.Hosting;
using Consoles.Broker.Sessions;
using Consoles.Broker.Store;
using Consoles.Common.Inventory;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using SessionOptions = Consoles.Broker.Sessions.SessionOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>nova-vncproxy of 2011: the files of its web root, and a WebSocket at /data whose frames are base64. Nothing else: hosts and ports of a request open nothing.</summary>
internal sealed class VncProxy2011(
    ProxyAdmission admission, ProxySessions sessions, FailureLimits failures, Forwarders forwarders, TimeProvider clock, IOptions<NovaOptions> nova, IOptions<SessionOptions> options, ILogger<VncProxy2011> logger)
{
    public const string Name = "nova-vncproxy";

    private const string Page = "/vnc_auto.html";
    private const string Setting = "Nova:VncProxy2011:WwwRoot";
    private const string Base64 = "base64";

    private readonly OriginRule _origins = new(nova.Value.AllowedOrigins);
    private WebRoot? _pages;

    /// <summary>Reads the viewer's files.</summary>
    /// <exception cref="StartException">The web root is missing, or is no viewer's.</exception>
    public void ReadPages()
    {
        var root = WebRoot.OfDirectory(nova.Value.VncProxy2011.WwwRoot, Setting);

        _pages = root.Find(Page) is not null
            ? root
            : throw new StartException($"{Setting}: {nova.Value.VncProxy2011.WwwRoot} has no vnc_auto.html. Put the viewer's files there, or name where they are.");
    }

    public async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";

        if (context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.StartsWith("//", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        else if (path != "/data")
        {
            await WebPages.AnswerAsync(context, _pages, path == "/" ? Page : path, "same-origin");
        }
        else if (!WebSocketUpgrade.TryRead(context, out var upgrade))
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        }
        else
        {
            await OpenAsync(context, upgrade);
        }
    }

    private Admitted? Judge(HttpContext context, string? token)
    {
        try
        {
            return admission.Judge(token, ConsoleKind.Vnc, forwarders.ClientOf(context));
        }
        catch (StoreException error)
        {
            logger.ProxyFailed(error, Name);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return null;
        }
    }

    private async Task OpenAsync(HttpContext context, WebSocketUpgrade upgrade)
    {
        var remote = forwarders.ClientOf(context);
        var token = ProxyToken.LastOf(context.Request.Query["token"]) ?? OfReferer(context.Request);
        var at = new Uri(nova.Value.VncProxy2011.ConsoleProxyUrl ?? $"{context.Request.Scheme}://localhost");

        if (_origins.WhyNot(context.Request, at, believed: false) is { } whyNot)
        {
            logger.OriginRefused(Name, remote, whyNot);
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        if (failures.WaitOf(remote) is not null)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        // VP-5: whoever may not is answered 403.
        context.Response.StatusCode = StatusCodes.Status403Forbidden;

        if (Judge(context, token) is not { } admitted)
        {
            logger.ProxyTokenRefused(Name, remote);
            return;
        }

        var agreed = upgrade.Offered.Contains(Base64, StringComparer.Ordinal) ? Base64 : null;
        await using var socket = new WebSocketChannel(await upgrade.AcceptAsync(agreed), context.Abort, options.Value, clock, text: true);
        await using var channel = new Base64Channel(socket);
        await sessions.RunAsync(Name, admitted, ConsoleKind.Vnc, channel, remote);
    }

    private static string? OfReferer(HttpRequest request) =>
        request.Headers.Referer is [{ } text] && Uri.TryCreate(text, UriKind.Absolute, out var from) && QueryHelpers.ParseQuery(from.Query).TryGetValue("token", out var values)
            ? ProxyToken.LastOf(values)
            : null;
}
