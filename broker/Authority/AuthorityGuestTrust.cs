using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Store;
using Consoles.Common.Tls;

namespace Consoles.Broker.Authority;

/// <summary>
/// The guests' side as the broker's own authority has it: QEMUs with certificates of their own node's issuing authority, a broker with one under its
/// clients root.
/// </summary>
internal sealed class AuthorityGuestTrust(AuthorityState state, HostRoots hosts, BrokerClientCertificate own, TimeProvider clock) : IGuestTrust
{
    public GuestTrust Of(string node)
    {
        try
        {
            var now = state.Current;
            X509Certificate2Collection issuers = [.. now.IssuingOf(node).Select(issuing => X509CertificateLoader.LoadCertificate(issuing.Certificate))];
            return new GuestTrust(new PeerTrust([.. hosts.Of(now), .. issuers], clock, issuers), new TlsIdentity(own.Context));
        }
        catch (StoreException e)
        {
            throw new CryptographicException(e.Message, e);
        }
    }
}
