using Consoles.Common.Tls;

namespace Consoles.Broker.Authority;

/// <summary>The guests' side as the broker's own authority has it: QEMUs with certificates under its hosts root, a broker with one under its clients root.</summary>
internal sealed class AuthorityGuestTrust(AuthorityRoots roots, BrokerClientCertificate own, TimeProvider clock) : IGuestTrust
{
    private readonly PeerTrust _hosts = new([roots.Hosts], clock);

    public GuestTrust Current => new(_hosts, new TlsIdentity(own.Context));
}
