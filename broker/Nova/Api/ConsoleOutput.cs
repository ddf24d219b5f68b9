using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consoles.Broker.Access;
using Consoles.Broker.Api;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nova.Api;

/// <summary>os-getConsoleOutput: the end of what a guest's serial console has shown.</summary>
internal sealed class ConsoleOutput(ServerLists servers, IAgentStreams streams, TimeProvider clock)
{
    public const string Action = "os-getConsoleOutput";

    /// <summary>As much as Nova's libvirt driver reads.</summary>
    internal const int MaxBytes = 100 * 1024;

    private static readonly JsonRule Rule = JsonRule.Body(Action, new JsonRule
    {
        Types = ["object"],
        Members = new Dictionary<string, JsonRule>(StringComparer.Ordinal)
        {
            ["length"] = new() { Types = ["integer", "string", "null"], Pattern = JsonRule.Matching("^-?[0-9]+$"), Minimum = -1 },
        },
    });

    /// <exception cref="NovaFault">The request is refused.</exception>
    public async Task<JsonNode> ReadAsync(NovaRequest request, string id, JsonElement body)
    {
        Rule.Check(body, request.Legacy);
        request.Demand(ApiRole.Operator, "os_compute_api:os-console-output");
        var (node, domain, _, _) = servers.FindSettled(id);

        if (domain.Incarnation is not { } run)
        {
            throw NovaFault.NotReady(id, $"the domain is {domain.State}, and what its console showed is kept only while it runs.");
        }

        // Nova logs the first port alone.
        if (domain.Consoles.FirstOrDefault(console => console.Kind == ConsoleKind.Serial) is not { } serial)
        {
            throw new NovaFault(404, "Guest does not have a console available.");
        }

        using var place = ConsoleLogEndpoint.EnterRoom() ?? throw new NovaFault(429, "Too many consoles are being read at the moment.") { RetryAfter = ConsoleLogEndpoint.RoomMayBeFoundIn };

        try
        {
            var past = await ConsoleLogEndpoint.PastAsync(streams, node.Identity.Name, run, new SerialPastSource(serial.Name, MaxBytes), clock, request.Aborted);
            return new JsonObject { ["output"] = Text(past.Span, LengthOf(body.GetProperty(Action))) };
        }
        catch (AgentStreamException e) when (e.Fault is StreamFault.NoSuchRun or StreamFault.NoSuchConsole or StreamFault.Held)
        {
            throw NovaFault.NotReady(id, e.Message);
        }
        catch (Exception e) when (e is AgentStreamException or IOException || (e is OperationCanceledException && !request.Aborted.IsCancellationRequested))
        {
            throw new NovaFault(503, $"The agent of node {node.Identity.Name}, which has the console's output, is not connected or did not answer in time.");
        }
    }

    /// <param name="lines">The last so many pieces between line feeds, of which the one after the last line feed is one; null: all.</param>
    /// <returns>ASCII: another byte is U+FFFD. Control characters but tab and line feed are left out.</returns>
    internal static string Text(ReadOnlySpan<byte> past, int? lines)
    {
        if (lines is { } wanted)
        {
            past = past[StartOfLast(past, wanted)..];
        }

        var text = new StringBuilder(past.Length);

        foreach (var one in past)
        {
            if (one is >= 0x20 or (byte)'\t' or (byte)'\n')
            {
                text.Append(one < 0x80 ? (char)one : '\ufffd');
            }
        }

        return text.ToString();
    }

    private static int StartOfLast(ReadOnlySpan<byte> bytes, int lines)
    {
        var at = bytes.Length;

        for (; lines > 0; lines--)
        {
            var end = bytes[..at].LastIndexOf((byte)'\n');

            if (end < 0)
            {
                return 0;
            }

            if (lines == 1)
            {
                return end + 1;
            }

            at = end;
        }

        return bytes.Length;
    }

    // -1 and null stand for all there is.
    private static int? LengthOf(JsonElement wanted)
    {
        if (!wanted.TryGetProperty("length", out var length) || length.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var lines = double.Parse(length.ValueKind == JsonValueKind.String ? length.GetString()! : length.GetRawText());
        return lines < 0 ? null : (int)Math.Min(lines, MaxBytes + 1);
    }
}
