using System.Globalization;
using System.Net;
using Consoles.Broker.Access;
using Consoles.Broker.Sessions;
using Consoles.Broker.Store;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using SessionOptions = Consoles.Broker.Sessions.SessionOptions;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Answers what comes in by a proxy's listener: a WebSocket on any path, and the viewer's pages.</summary>
internal sealed class ProxyDoor(
    ProxyAdmission admission,
    ProxySessions sessions,
    FailureLimits failures,
    Forwarders forwarders,
    TimeProvider clock,
    IOptions<NovaOptions> nova,
    IOptions<SessionOptions> options,
    ILogger<ProxyDoor> logger)
{
    private const string Binary = "binary";

    // A refusal in words holds a connection for as long as its client takes to answer it, and nobody was let in for it.
    private const int MaxRefusing = 128;

    private readonly OriginRule _origins = new(nova.Value.AllowedOrigins);
    private int _refusing;

    public async Task ServeAsync(HttpContext context, WebProxy proxy)
    {
        try
        {
            await AnswerAsync(context, proxy);
        }
        catch (Exception error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // What went wrong is for the log; a query with a token in it is for nobody.
            logger.ProxyFailed(error, proxy.Name);
            context.Response.Clear();
            context.Response.StatusCode = error is BadHttpRequestException bad ? bad.StatusCode
                : error is StoreException ? StatusCodes.Status503ServiceUnavailable
                : StatusCodes.Status500InternalServerError;
        }
    }

    private Task AnswerAsync(HttpContext context, WebProxy proxy)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

        // A browser takes //host for another server's address (CVE-2021-3654); no client of ours asks for such a path.
        if (raw.StartsWith("//", StringComparison.Ordinal) || context.Request.Path.Value?.StartsWith("//", StringComparison.Ordinal) == true)
        {
            return Empty(context, StatusCodes.Status400BadRequest);
        }

        if (WebSocketUpgrade.TryRead(context, out var upgrade))
        {
            return OpenAsync(context, proxy, upgrade);
        }

        if (context.Request.Headers.GetCommaSeparatedValues("Upgrade").Contains("websocket", StringComparer.OrdinalIgnoreCase))
        {
            // RFC 6455, section 4.4.
            context.Response.Headers.SecWebSocketVersion = "13";
            return Empty(context, StatusCodes.Status426UpgradeRequired);
        }

        return WebPages.AnswerAsync(context, proxy.Pages?.Value, context.Request.Path.Value ?? "");
    }

    private async Task OpenAsync(HttpContext context, WebProxy proxy, WebSocketUpgrade upgrade)
    {
        var remote = forwarders.ClientOf(context);

        if (failures.WaitOf(remote) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await Empty(context, StatusCodes.Status429TooManyRequests);
            return;
        }

        var text = ProxyToken.Of(context.Request, out var malformed);

        if (malformed)
        {
            logger.CookieMalformed(proxy.Name, remote);
        }

        // Before the token: a foreign page must not have its visitor's network locked out by wrong ones.
        if (_origins.WhyNot(context.Request, proxy.BaseUrl, forwarders.Believes(context.Connection.RemoteIpAddress)) is { } whyNot)
        {
            logger.OriginRefused(proxy.Name, remote, whyNot);
            await Empty(context, StatusCodes.Status403Forbidden);
            return;
        }

        if (Judge(text, proxy, remote, out var refusal) is not { } admitted)
        {
            await RefuseAsync(context, upgrade, refusal);
            return;
        }

        await using var channel = await AcceptAsync(context, upgrade);
        await sessions.RunAsync(proxy.Name, admitted, proxy.Kind, channel, remote);
    }

    private Admitted? Judge(string? text, WebProxy proxy, IPAddress? remote, out SessionEnding refusal)
    {
        try
        {
            refusal = ProxyAdmission.Refused;

            if (admission.Judge(text, proxy.Kind, remote) is not { } admitted)
            {
                logger.ProxyTokenRefused(proxy.Name, remote);
                return null;
            }

            refusal = ProxySessions.NoRoom;
            return sessions.HasRoom ? admitted : null;
        }
        catch (StoreException error)
        {
            logger.ProxyFailed(error, proxy.Name);
            refusal = ProxySessions.StoreAway;
            return null;
        }
    }

    /// <summary>Says why. A page cannot read the status of a refused upgrade: the only way to let it say why is to open the WebSocket and to close it.</summary>
    private async Task RefuseAsync(HttpContext context, WebSocketUpgrade upgrade, SessionEnding refusal)
    {
        // A program reads the status. OpenStack's own tests of this proxy (tempest) name no Origin, and take a close frame with a reason for a guest's bytes.
        if (context.Request.Headers.Origin.Count == 0 && refusal == ProxyAdmission.Refused)
        {
            context.Response.Headers.Connection = "close";
            await Empty(context, StatusCodes.Status403Forbidden);
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _refusing) > MaxRefusing)
            {
                await Empty(context, refusal == ProxyAdmission.Refused ? StatusCodes.Status403Forbidden : StatusCodes.Status503ServiceUnavailable);
                return;
            }

            await using var channel = await AcceptAsync(context, upgrade);
            await channel.CloseAsync(refusal);
        }
        finally
        {
            Interlocked.Decrement(ref _refusing);
        }
    }

    private async Task<WebSocketChannel> AcceptAsync(HttpContext context, WebSocketUpgrade upgrade) => new(
        await upgrade.AcceptAsync(upgrade.Offered.Contains(Binary, StringComparer.Ordinal) ? Binary : null), context.Abort, options.Value, clock);

    private static Task Empty(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
