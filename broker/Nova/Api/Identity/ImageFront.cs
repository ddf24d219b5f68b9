using System.Text.Json.Nodes;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>An image service without images. Clients look for one before they list servers, and servers here were made of none.</summary>
internal static class ImageFront
{
    /// <param name="path">What follows /image/.</param>
    /// <param name="root">How the caller reaches this listener.</param>
    /// <exception cref="NovaFault">404, 405.</exception>
    public static Task AnswerAsync(HttpContext context, string[] path, string root) => (context.Request.Method, path) switch
    {
        ("GET", [] or [""]) => NovaApiDoor.WriteAsync(context, 300, new JsonObject
        {
            ["versions"] = new JsonArray(new JsonObject
            {
                ["id"] = "v2.9",
                ["status"] = "CURRENT",
                ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = $"{root}/image/v2/" }),
            }),
        }),
        ("GET", ["v2", "images"]) => NovaApiDoor.WriteAsync(context, 200, new JsonObject { ["images"] = new JsonArray(), ["first"] = "/v2/images", ["schema"] = "/v2/schemas/images" }),
        (not "GET", _) => throw new NovaFault(405, "The method is not allowed for the requested URL."),
        _ => throw NovaFault.NotThere,
    };
}
