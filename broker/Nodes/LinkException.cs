using System.Net.WebSockets;

namespace Consoles.Broker.Nodes;

/// <summary>An agent broke the rules of the link. The message says how, and is sent to it before the link ends.</summary>
internal sealed class LinkException(string message, bool final = false, WebSocketCloseStatus status = WebSocketCloseStatus.PolicyViolation) : Exception(message)
{
    /// <summary>Trying again cannot help until a person acts.</summary>
    public bool Final { get; } = final;

    public WebSocketCloseStatus Status { get; } = status;
}
