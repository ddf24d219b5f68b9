using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>Asks a node's agent about a serial console that was dialled.</summary>
internal interface IAgentLines
{
    /// <summary>
    /// Nothing that comes from a serial line says whose it is. An agent that says, after the dialling, that the run goes on, says that the port was that run's.
    /// </summary>
    /// <returns>Why the console must not be used, in words, or null when it may.</returns>
    Task<string?> WhyNotAsync(string node, Incarnation incarnation, string console, CancellationToken cancellationToken);
}
