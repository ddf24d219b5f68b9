using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Broker.Nova.Api.Identity;
using Consoles.Broker.Nova.Proxies;
using Consoles.Broker.Store;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api;

/// <summary>Takes in every request of the API's listener, finds out who asks in which revision, and answers whatever fails behind it as Nova does.</summary>
internal sealed class NovaApiDoor(
    IOptions<NovaOptions> options, Forwarders forwarders, NovaCallers callers, IdentityFront identity, NovaRoutes routes, ILogger<NovaApiDoor> logger)
{
    // Quotes and signs as they are: the answers are read by programs, and no browser takes them for pages.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task AnswerAsync(HttpContext context)
    {
        var id = $"req-{Guid.NewGuid()}";
        context.Connection.RemoteIpAddress = forwarders.ClientOf(context);
        context.Response.Headers["x-openstack-request-id"] = id;
        context.Response.Headers["x-compute-request-id"] = id;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";

        try
        {
            await RouteAsync(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(context, FaultOf(error));
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var root = options.Value.Api.PublicUrl?.TrimEnd('/') ?? $"{context.Request.Scheme}://{context.Request.Host.Value}";
        var path = context.Request.Path.Value ?? "/";
        string[] segments = [.. path.Split('/').Skip(1)];

        switch (segments)
        {
            case ["v3", ..] when identity.IsOn:
                await identity.AnswerAsync(context, [.. segments.Skip(1)], root);
                break;
            case ["image", ..] when identity.IsOn:
                await ImageFront.AnswerAsync(context, [.. segments.Skip(1)], root);
                break;
            case [""]:
                await WriteAsync(context, 200, VersionDocuments.All(root));
                break;
            case ["v2.1" or "v2"] or ["v2.1" or "v2", ""]:
                await WriteAsync(context, 200, VersionDocuments.One(root, segments[0]));
                break;
            case ["v2.1" or "v2", ..]:
                await ComputeAsync(context, segments, root);
                break;
            default:
                await WriteAsync(context, 300, VersionDocuments.Choices(root, path));
                break;
        }
    }

    private async Task ComputeAsync(HttpContext context, string[] segments, string root)
    {
        if (await callers.FindAsync(context) is not { } caller)
        {
            await UnauthorizedAsync(context, root);
            return;
        }

        IdleClient.Known(context);

        var legacy = segments[0] == "v2";
        var version = legacy ? Microversion.Oldest : Microversion.Of(context.Request);

        if (!legacy)
        {
            context.Response.Headers[Microversion.Header] = $"compute {version}";
            context.Response.Headers[Microversion.LegacyHeader] = version.ToString();
            context.Response.Headers.Vary = $"{Microversion.Header}, {Microversion.LegacyHeader}";
        }

        var answer = await routes.AnswerAsync(new NovaRequest(context, caller, version, legacy, root), segments[1..]);
        await WriteAsync(context, 200, answer);
    }

    private Task UnauthorizedAsync(HttpContext context, string root)
    {
        context.Response.Headers.WWWAuthenticate = $"Keystone uri=\"{options.Value.Keystone.Url ?? $"{root}/v3"}\"";
        return WriteAsync(context, 401, IdentityAnswers.Error(401, "The request you have made requires authentication."));
    }

    private NovaFault FaultOf(Exception error)
    {
        switch (error)
        {
            case NovaFault fault:
                return fault;
            case BadHttpRequestException bad:
                return new NovaFault(bad.StatusCode, bad.StatusCode == 413 ? "Request is too large." : "Malformed request body");
            case StoreException:
                logger.NovaRequestFailed(error);
                return new NovaFault(503, "The broker's store is not available; its log says why.") { RetryAfter = TimeSpan.FromSeconds(5) };
            default:
                logger.NovaRequestFailed(error);
                return new NovaFault(500, "The broker failed; its log says why.");
        }
    }

    private static Task AnswerAsync(HttpContext context, NovaFault fault)
    {
        if (fault.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = $"{Math.Ceiling(Math.Max(1, wait.TotalSeconds)):0}";
        }

        // The identity API has errors of its own form.
        var body = context.Request.Path.StartsWithSegments("/v3", StringComparison.Ordinal) ? IdentityAnswers.Error(fault.Status, fault.Message) : fault.Body;
        return WriteAsync(context, fault.Status, body);
    }

    internal static async Task WriteAsync(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";

        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.WriteAsync(body.ToJsonString(Json), context.RequestAborted);
        }
    }
}
