using Consoles.Common.Inventory;

namespace Consoles.Broker.Nodes;

/// <summary>One console as the directory knows it now: everything that is needed to reach it, and nothing that a request could have chosen.</summary>
/// <param name="Heard">False: the node's agent is silent, and this is what it said last.</param>
internal sealed record ConsoleTarget(NodeIdentity Node, DomainReport Domain, ConsoleEndpoint Endpoint, bool Heard = true);

/// <summary>A node as enrolled, with what the broker saw of it.</summary>
/// <param name="Name">The name the node was invited under: the DNS name in its certificates.</param>
/// <param name="Addresses">Where the node's consoles may be dialled: those given at the invitation, else the address its agent's link comes from.</param>
internal sealed record NodeIdentity(string Name, IReadOnlyList<System.Net.IPAddress> Addresses);
