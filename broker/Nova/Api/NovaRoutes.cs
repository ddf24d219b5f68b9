using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Consoles.Broker.Nova.Api;

/// <summary>Which part of the compute API answers which path.</summary>
internal sealed partial class NovaRoutes(ServerLists lists, ServerActions actions, RemoteConsoles consoles, ConsoleAuthTokens tokens)
{
    /// <param name="path">What follows /v2.1/ in the path. A project's id may come first, which has to be the caller's.</param>
    /// <exception cref="NovaFault">The request is refused.</exception>
    public Task<JsonNode> AnswerAsync(NovaRequest request, string[] path)
    {
        if (path is [var project, _, ..] && ProjectId().IsMatch(project))
        {
            if (project != request.Caller.ProjectId)
            {
                throw new NovaFault(400, $"Malformed request URL: URL's project_id '{project}' doesn't match Context's project_id '{request.Caller.ProjectId}'");
            }

            path = path[1..];
        }

        return (request.Http.Request.Method, path) switch
        {
            ("GET", ["servers"]) => Now(lists.List(request, detail: false)),
            ("GET", ["servers", "detail"]) => Now(lists.List(request, detail: true)),
            ("GET", ["servers", var id]) => Now(lists.Show(request, id)),
            ("POST", ["servers", var id, "action"]) => actions.AnswerAsync(request, id),
            ("POST", ["servers", var id, "remote-consoles"]) when request.Version.Since(6) => consoles.CreateAsync(request, id),
            ("GET" or "POST", ["servers", _, "consoles"]) or ("GET" or "DELETE", ["servers", _, "consoles", _]) => throw NovaFault.Gone,
            ("GET", ["os-console-auth-tokens", var token]) => Now(tokens.Show(request, token)),
            ("GET", ["flavors"]) => Now(Flavors.List(request, detail: false)),
            ("GET", ["flavors", "detail"]) => Now(Flavors.List(request, detail: true)),
            ("GET", ["flavors", var id]) => Now(Flavors.Show(request, id)),
            ("GET", ["flavors", var id, "os-extra_specs"]) => Now(Flavors.ExtraSpecs(request, id)),
            (_, ["servers"] or ["servers", _] or ["servers", _, "action"] or ["os-console-auth-tokens", _] or ["flavors"] or ["flavors", _] or ["flavors", _, "os-extra_specs"]) =>
                throw new NovaFault(405, "The method specified is not allowed for this resource."),
            _ => throw NovaFault.NotThere,
        };
    }

    private static Task<JsonNode> Now(JsonNode answer) => Task.FromResult(answer);

    [GeneratedRegex(@"^[0-9a-f\-]{32,36}\z", RegexOptions.None, 1000)]
    private static partial Regex ProjectId();
}
