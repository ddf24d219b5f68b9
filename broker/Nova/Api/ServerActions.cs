using System.Text.Json.Nodes;

namespace Consoles.Broker.Nova.Api;

/// <summary>POST /servers/{id}/action: what is wanted is the name of the body's one member.</summary>
internal sealed class ServerActions(RemoteConsoles consoles, ConsoleOutput output)
{
    /// <exception cref="NovaFault">The request is refused.</exception>
    public async Task<JsonNode> AnswerAsync(NovaRequest request, string id)
    {
        var body = await request.BodyAsync();
        var action = body.EnumerateObject().Select(member => member.Name).FirstOrDefault() ?? throw new NovaFault(400, "Malformed request body");

        if (action == ConsoleOutput.Action)
        {
            return await output.ReadAsync(request, id, body);
        }

        if (!RemoteConsoles.IsOldAction(action))
        {
            throw new NovaFault(400, $"There is no such action: {(action.Length <= 100 ? action : action[..100])}. Verify the request body and Content-Type header and try again.");
        }

        // 2.6 replaced them by remote-consoles.
        return request.Version.Since(6) ? throw NovaFault.NotThere : consoles.ByAction(request, id, action, body);
    }
}
