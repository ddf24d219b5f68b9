using System.Net;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api;

/// <summary>Tells administrators, such as other proxies, where the console of a token listens.</summary>
internal sealed class ConsoleAuthTokens(ConsoleTokens tokens, ConsoleDirectory directory, IOptions<Sessions.RouteOptions> routes)
{
    /// <exception cref="NovaFault">The request is refused.</exception>
    public JsonObject Show(NovaRequest request, string token)
    {
        request.Demand(ApiRole.Admin, "os_compute_api:os-console-auth-tokens");

        // Before 2.31 this was for RDP alone, which is gone.
        if (!request.Version.Since(31))
        {
            throw new NovaFault(400, "The server could not comply with the request since it is either malformed or otherwise incorrect.");
        }

        if (request.Version.Since(99) && request.Http.Request.Query.Keys.FirstOrDefault() is { } stranger)
        {
            throw new NovaFault(400, $"Additional properties are not allowed ('{stranger}' was unexpected)");
        }

        // Asked of the directory each time: a port may be another guest's by now.
        if (ConsoleToken.Parse(token) is not { } presented || tokens.Use(presented, opens: false) is not { } grant || directory.Find(grant.Incarnation, grant.Console) is not { } target)
        {
            throw new NovaFault(404, "Token not found");
        }

        var console = new JsonObject
        {
            ["instance_uuid"] = grant.Incarnation.Domain.ToString(),
            ["host"] = HostOf(target),
            ["port"] = target.Endpoint.Port,
            ["internal_access_path"] = grant.Kind == ConsoleKind.Serial ? null : routes.Value.AccessPathOf(target.Domain),
        };

        if (request.Version.Since(99))
        {
            console["tls_port"] = target.Endpoint.TlsPort;
        }

        return new JsonObject { ["console"] = console };
    }

    // One that listens everywhere is reached at the node's own address.
    private static string? HostOf(ConsoleTarget target) =>
        IPAddress.TryParse(target.Endpoint.Host, out var listens) && (listens.Equals(IPAddress.Any) || listens.Equals(IPAddress.IPv6Any))
            ? target.Node.Addresses is [var own, ..] ? own.ToString() : target.Endpoint.Host
            : target.Endpoint.Host;
}
