using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Common.Tls;

namespace Consoles.Broker.Nodes;

/// <summary>Decides which node a connection speaks for: by its client certificate, and nothing else.</summary>
internal sealed class AgentIdentity(AuthorityRoots roots, NodeRegistry nodes, TimeProvider clock)
{
    private readonly PeerTrust _trust = new([roots.Fleet], clock);

    /// <param name="certificate">The one shown in the handshake, whose key the peer has proved to hold; or none.</param>
    /// <param name="refusal">Why not, in words for the agent's log.</param>
    /// <exception cref="Consoles.Broker.Store.StoreException">The store is not available.</exception>
    public bool TryIdentify(X509Certificate2? certificate, [NotNullWhen(true)] out EnrolledNode? node, [NotNullWhen(false)] out string? refusal)
    {
        node = null;
        refusal = Judge(certificate, ref node);
        return refusal is null;
    }

    private string? Judge(X509Certificate2? certificate, ref EnrolledNode? node)
    {
        if (certificate is null)
        {
            return "No client certificate was shown. Enrol the agent first.";
        }

        if (_trust.CheckAnyName(certificate, extra: null, PeerRole.Client) is { } fault)
        {
            return fault;
        }

        var names = PeerNames.Of(certificate);

        if (names is not { Dns: [var name], Addresses: [] })
        {
            return "The certificate must name one node, and names several or none.";
        }

        node = nodes.Find(name);

        return node switch
        {
            null => $"There is no node {name}.",
            { RemovedAt: not null } => $"Node {name} was removed. Invite and enrol it anew.",
            { EnrolledAt: null } => $"Node {name} is not enrolled.",
            { EnrolledAt: { } enrolledAt } when IssuedAt(certificate).ToUnixTimeSeconds() < enrolledAt.ToUnixTimeSeconds() => $"Node {name} was enrolled anew after this certificate was issued.",
            _ => null,
        };
    }

    // Certificates count in whole seconds, and so do enrolments.
    private static DateTimeOffset IssuedAt(X509Certificate2 certificate) => new DateTimeOffset(certificate.NotBefore) + Issuing.Backdate;
}
