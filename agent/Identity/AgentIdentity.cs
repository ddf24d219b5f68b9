using Consoles.Common.Tls;

namespace Consoles.Agent.Identity;

/// <summary>Who this agent is, and how it knows its broker.</summary>
/// <param name="Node">The name the node was invited under.</param>
/// <param name="Tls">The agent's certificate and key.</param>
/// <param name="Trust">The roots that the broker's certificate must lead to.</param>
internal sealed record AgentIdentity(string Node, Uri Broker, TlsIdentity Tls, PeerTrust Trust) : IDisposable
{
    public DateTimeOffset NotBefore { get; } = new(Tls.Certificate.NotBefore);

    public DateTimeOffset NotAfter { get; } = new(Tls.Certificate.NotAfter);

    public void Dispose() => Tls.Dispose();
}
