using System.Text.Json.Nodes;

namespace Consoles.Broker.Nova.Api;

/// <summary>The request is refused. The message is for the caller.</summary>
internal sealed class NovaFault(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    /// <summary>When to come back.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The names that Nova gives its errors; what has none is a computeFault.</summary>
    public string Name => Status switch
    {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 or 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };

    public static NovaFault NotThere => new(404, "The resource could not be found.");

    public static NovaFault Gone => new(410, "This resource is no longer available.  No forwarding address is given.");

    public static NovaFault NotAllowed(string policy) => new(403, $"Policy doesn't allow {policy} to be performed.");

    public static NovaFault NoServer(string id) => new(404, $"Instance {id} could not be found.");

    public static NovaFault NotReady(string id, string why) => new(409, $"Instance {id} is not ready: {why}");

    public JsonObject Body
    {
        get
        {
            var fault = new JsonObject { ["code"] = Status, ["message"] = Message };

            if (RetryAfter is { } wait)
            {
                fault["retryAfter"] = $"{Math.Ceiling(Math.Max(1, wait.TotalSeconds)):0}";
            }

            return new JsonObject { [Name] = fault };
        }
    }
}
