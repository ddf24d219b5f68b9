using System.Security.Cryptography;
using Consoles.Common.Tls;

namespace Consoles.Broker.Authority;

/// <summary>What the broker trusts, and shows of itself, on the guests' side. Read anew for each connection, so that renewed certificates count at once.</summary>
internal interface IGuestTrust
{
    /// <param name="node">The node whose guest is dialled: where the authority is the broker's own, another node's certificate is none for this one.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">There is nothing to trust that could be used.</exception>
    GuestTrust Of(string node);
}

/// <param name="Roots">Who may vouch for the certificates that QEMU serves.</param>
/// <param name="Own">The broker's client certificate for QEMUs that ask for one (vnc_tls_x509_verify), or null.</param>
internal sealed record GuestTrust(PeerTrust Roots, TlsIdentity? Own);
