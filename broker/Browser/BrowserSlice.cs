using Microsoft.Net.Http.Headers;

namespace Consoles.Broker.Browser;

/// <summary>The pages for people, and what they load.</summary>
internal static class BrowserSlice
{
    // noVNC styles its elements through the object model, which this allows; it makes pointer images from data: and blob: addresses.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void AddBrowser(this WebApplicationBuilder builder) => builder.Services.AddSingleton<PageFiles>();

    public static void MapBrowser(this WebApplication broker)
    {
        // Read now: a program without its pages must not start.
        var files = broker.Services.GetRequiredService<PageFiles>();

        broker.Use((context, next) =>
            context.GetEndpoint() is null
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            && files.Find(context.Request.Path.Value ?? "") is { } file
                ? AnswerAsync(context, file)
                : next(context));
    }

    private static async Task AnswerAsync(HttpContext context, PageFile file)
    {
        var response = context.Response;
        response.Headers.ETag = file.ETag;
        response.Headers.CacheControl = file.Immutable ? "public, max-age=31536000, immutable" : "no-cache";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-read=(self), clipboard-write=(self), fullscreen=(self)";

        if (IsKnown(context.Request, file))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = file.ContentType;
        response.ContentLength = file.Content.Length;

        if (HttpMethods.IsGet(context.Request.Method))
        {
            await response.Body.WriteAsync(file.Content, context.RequestAborted);
        }
    }

    // RFC 9110, section 13.1.2: If-None-Match compares weakly, and * stands for any.
    private static bool IsKnown(HttpRequest request, PageFile file) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known)
        && known.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || string.Equals(tag.Tag.Value, file.ETag, StringComparison.Ordinal));
}
