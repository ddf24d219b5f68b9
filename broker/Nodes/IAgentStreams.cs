using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Broker.Nodes;

/// <summary>Has a node's agent open something there and carry it here.</summary>
internal interface IAgentStreams
{
    /// <summary>The node's agent, as the epoch of its process, if it is connected and can be asked.</summary>
    long? AgentOf(string node);

    /// <returns>The stream that the agent dialled back with. Disposing it ends what the agent opened.</returns>
    /// <exception cref="AgentStreamException">The agent is away, does not come in time, or did not open it.</exception>
    Task<Stream> OpenAsync(string node, Incarnation incarnation, StreamSource source, CancellationToken cancellationToken);
}

/// <summary>A node's agent carries nothing. The message says why, for a person.</summary>
internal sealed class AgentStreamException(StreamFault fault, string message) : Exception(message)
{
    public StreamFault Fault { get; } = fault;
}
