namespace Consoles.Broker.Access;

/// <summary>Tells requests of our own pages from those of others.</summary>
internal static class SameOrigin
{
    /// <summary>Our pages send it; a page of another origin cannot without asking first, which we never allow.</summary>
    public const string Header = "X-Consoles";

    /// <summary>
    /// The request names exactly the origin it is sent to: scheme, host and port. No Origin, several, or "null" are not it.
    /// The Host was judged before, so both cannot be a foreign name.
    /// </summary>
    public static bool Is(HttpRequest request) =>
        request.Headers.Origin is [{ } origin] && string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.Ordinal);

    public static bool IsWithHeader(HttpRequest request) => Is(request) && request.Headers[Header] is ["1"];
}
