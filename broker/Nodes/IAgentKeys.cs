using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Has a node's agent press keys in a guest.</summary>
internal interface IAgentKeys
{
    /// <param name="strokes">At most <see cref="KeysWanted.MaxStrokes"/>.</param>
    /// <returns>How many strokes were sent, which is all of them.</returns>
    /// <exception cref="AgentKeysException">Not all were sent.</exception>
    Task<int> SendAsync(string node, Incarnation run, IReadOnlyList<KeyStroke> strokes, CancellationToken cancellationToken);
}

/// <summary>Why keys were not pressed.</summary>
internal enum AgentKeysFault
{
    /// <summary>The agent is not connected.</summary>
    Away,

    /// <summary>It refused, failed, or left meanwhile.</summary>
    Failed,

    /// <summary>It did not answer in time.</summary>
    Late,
}

/// <summary>Not all keys were pressed. The message says why, for a person.</summary>
/// <param name="sent">How many strokes surely were.</param>
internal sealed class AgentKeysException(AgentKeysFault fault, string message, int sent = 0) : Exception(message)
{
    public AgentKeysFault Fault { get; } = fault;

    public int Sent { get; } = sent;
}
