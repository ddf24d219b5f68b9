using Consoles.Broker.Hosting;

namespace Consoles.Broker.Nova.Proxies;

/// <summary>The clients of Nova's proxies that have no session yet.</summary>
internal sealed class WaitingClients(DescriptorBudget descriptors) : WaitingRoom(descriptors.Connections);
