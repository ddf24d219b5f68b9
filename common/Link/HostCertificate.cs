using Consoles.Common.Inventory;

namespace Consoles.Common.Link;

/// <summary>What an agent posts to <see cref="LinkPaths.HostCertificate"/>, over mTLS: for the certificate that its node's QEMUs serve.</summary>
/// <param name="CertificateRequest">PKCS#10 in PEM. Only its public key is used: the broker stamps names and addresses from the enrolment record.</param>
public sealed record HostCertificateRequest(string CertificateRequest)
{
    public override string ToString() => nameof(HostCertificateRequest);
}

/// <summary>The broker's answer.</summary>
/// <param name="Certificate">server-cert.pem: the leaf, and after it the authorities up to and without the root, PEM.</param>
/// <param name="Authorities">ca-cert.pem: the authority that issued the leaf, and those that vouch for brokers, PEM.</param>
/// <param name="Plan">
/// Names what the set is made to: it changes whenever the broker wants every node to have another set, as in a roll-over.
/// An <see cref="Accepted"/> that names another plan asks for a new order.
/// </param>
public sealed record HostCertificateAnswer(string Certificate, string Authorities, string Plan);

/// <summary>What an agent posts to <see cref="LinkPaths.Hold"/>, over mTLS, before it reloads the certificate of a guest whose QEMU must not be in a handshake meanwhile.</summary>
/// <remarks>
/// The broker answers 204 when no handshake of its own with that run's console is under way any more, and begins none until
/// <see cref="MaxMilliseconds"/> are over or <paramref name="Release"/> is posted. 409: one did not end in that time.
/// </remarks>
/// <param name="Console">The console's name.</param>
/// <param name="Release">True: the hold is over.</param>
public sealed record HoldRequest(Incarnation Incarnation, string Console, bool Release = false)
{
    /// <summary>A hold ends by itself after this.</summary>
    public const int MaxMilliseconds = 2000;
}
