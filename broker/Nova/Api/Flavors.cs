using System.Text.Json.Nodes;
using Consoles.Broker.Access;

namespace Consoles.Broker.Nova.Api;

/// <summary>The one flavor that every server has here: domains are made by libvirt, and their sizes are its matter. Clients look it up to show a server.</summary>
internal static class Flavors
{
    public const string Id = "libvirt";

    public static JsonObject List(NovaRequest request, bool detail)
    {
        request.Demand(ApiRole.Viewer, "os_compute_api:flavors");
        return new JsonObject { ["flavors"] = new JsonArray(detail ? Whole(request) : new JsonObject { ["id"] = Id, ["name"] = Id, ["links"] = Links(request) }) };
    }

    /// <exception cref="NovaFault">403, 404.</exception>
    public static JsonObject Show(NovaRequest request, string id)
    {
        request.Demand(ApiRole.Viewer, "os_compute_api:flavors");
        Find(id);
        return new JsonObject { ["flavor"] = Whole(request) };
    }

    /// <exception cref="NovaFault">403, 404.</exception>
    public static JsonObject ExtraSpecs(NovaRequest request, string id)
    {
        request.Demand(ApiRole.Viewer, "os_compute_api:os-flavor-extra-specs:index");
        Find(id);
        return new JsonObject { ["extra_specs"] = new JsonObject() };
    }

    /// <summary>The flavor as a server names it.</summary>
    public static JsonObject OfServer(NovaRequest request) => request.Version.Since(47)
        ? new() { ["original_name"] = Id, ["ram"] = 0, ["vcpus"] = 0, ["disk"] = 0, ["ephemeral"] = 0, ["swap"] = 0, ["extra_specs"] = new JsonObject() }
        : new() { ["id"] = Id, ["links"] = new JsonArray(new JsonObject { ["rel"] = "bookmark", ["href"] = $"{request.Base}/flavors/{Id}" }) };

    private static void Find(string id)
    {
        if (id != Id)
        {
            throw new NovaFault(404, $"Flavor {id} could not be found.");
        }
    }

    private static JsonObject Whole(NovaRequest request)
    {
        var flavor = new JsonObject
        {
            ["id"] = Id,
            ["name"] = Id,
            ["ram"] = 0,
            ["vcpus"] = 0,
            ["disk"] = 0,
            ["swap"] = request.Version.Since(75) ? 0 : "",
            ["OS-FLV-EXT-DATA:ephemeral"] = 0,
            ["OS-FLV-DISABLED:disabled"] = false,
            ["os-flavor-access:is_public"] = true,
            ["rxtx_factor"] = 1.0,
            ["links"] = Links(request),
        };

        if (request.Version.Since(55))
        {
            flavor["description"] = "As the domain's XML says.";
        }

        if (request.Version.Since(61))
        {
            flavor["extra_specs"] = new JsonObject();
        }

        return flavor;
    }

    private static JsonArray Links(NovaRequest request) => new(
        new JsonObject { ["rel"] = "self", ["href"] = $"{request.Root}/flavors/{Id}" },
        new JsonObject { ["rel"] = "bookmark", ["href"] = $"{request.Base}/flavors/{Id}" });
}
