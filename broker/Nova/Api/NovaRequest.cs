using System.Text.Json;
using Consoles.Broker.Access;
using Consoles.Broker.Nova.Api.Identity;

namespace Consoles.Broker.Nova.Api;

/// <summary>A request to the compute API that was understood so far: who asks, and in which revision.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Version">The revision that it speaks.</param>
/// <param name="Legacy">It came by /v2, which knows no revisions and passes over what it does not know.</param>
/// <param name="Base">How the caller reaches the API: the links begin with it.</param>
internal sealed record NovaRequest(HttpContext Http, NovaCaller Caller, Microversion Version, bool Legacy, string Base)
{
    private const string Malformed = "Malformed request body";

    private static readonly string[] MediaTypes = ["application/json", "application/vnd.openstack.compute+json"];

    public CancellationToken Aborted => Http.RequestAborted;

    public string Root => $"{Base}/{(Legacy ? "v2" : "v2.1")}";

    /// <exception cref="NovaFault">403: the caller's role does not allow it.</exception>
    public void Demand(ApiRole role, string policy)
    {
        if (!Caller.IsAtLeast(role))
        {
            throw NovaFault.NotAllowed(policy);
        }
    }

    /// <summary>The body, which must be an object.</summary>
    /// <exception cref="NovaFault">400: it is not. 415: it does not say that it is JSON.</exception>
    public async Task<JsonElement> BodyAsync()
    {
        var type = Http.Request.ContentType?.Split(';')[0].Trim();

        if (type is not null && !MediaTypes.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            throw new NovaFault(415, "Unsupported Content-Type");
        }

        var body = await JsonBody.ReadAsync(Http.Request, Malformed, Aborted);
        return body.ValueKind == JsonValueKind.Object ? body : throw new NovaFault(400, Malformed);
    }
}
