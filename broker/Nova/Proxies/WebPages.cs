using Microsoft.Net.Http.Headers;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>Serves a viewer's pages: files by exact path, and nothing else.</summary>
internal static class WebPages
{
    private static readonly byte[] NotFound = "Not Found"u8.ToArray();

    /// <param name="pages">Null: there are none, and nothing is served by any method.</param>
    /// <param name="path">Of the file, decoded.</param>
    /// <param name="referrer">To whom a page's address, which has a token in it, is told (Referrer-Policy).</param>
    public static async Task AnswerAsync(HttpContext context, WebRoot? pages, string path, string referrer = "no-referrer")
    {
        var (request, response) = (context.Request, context.Response);
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

        if (pages is null || !reads)
        {
            response.Headers.Allow = pages is null ? "" : "GET, HEAD";
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.ContentLength = 0;
            return;
        }

        if (pages.Find(path) is not { } file)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            response.ContentType = "text/plain; charset=utf-8";
            response.ContentLength = NotFound.Length;
            await response.Body.WriteAsync(NotFound, context.RequestAborted);
            return;
        }

        // The pages may be framed, as dashboards do; a page's address has a token in it, which is nobody else's.
        response.Headers.ETag = file.ETag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = referrer;

        if (EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known) && known.Any(tag => string.Equals(tag.Tag.Value, file.ETag, StringComparison.Ordinal)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = file.ContentType;
        response.ContentLength = file.Content.Length;

        if (HttpMethods.IsGet(request.Method))
        {
            await response.Body.WriteAsync(file.Content, context.RequestAborted);
        }
    }
}
