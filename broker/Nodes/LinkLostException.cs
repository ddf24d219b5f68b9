namespace Consoles.Broker.Nodes;

/// <summary>The link ended before the agent had answered.</summary>
internal sealed class LinkLostException(string node) : Exception($"The agent of node {node} left before it answered.");
