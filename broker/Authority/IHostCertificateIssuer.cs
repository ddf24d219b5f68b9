using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>Who issues the certificates that QEMUs serve: this broker's own authority, or a command that asks another one.</summary>
internal interface IHostCertificateIssuer
{
    /// <exception cref="HostCertificateException">It was not issued.</exception>
    /// <exception cref="Store.StoreException">The store is not available.</exception>
    Task<IssuedHostCertificate> IssueAsync(HostOrder order, CancellationToken cancellationToken);
}

/// <param name="Node">The node's name in the enrolment record: the DNS name in the certificate.</param>
/// <param name="Addresses">The IP addresses in the certificate.</param>
/// <param name="Invited">The addresses are those of the invitation, and not where the agent happens to come from.</param>
/// <param name="EnrolledAt">The enrolment that the agent was identified under, which must still be in force; null: whoever asks vouches for the node.</param>
/// <param name="Request">PKCS#10 in PEM, judged already.</param>
/// <param name="Key">The request's key.</param>
internal sealed record HostOrder(string Node, IReadOnlyList<IPAddress> Addresses, bool Invited, DateTimeOffset? EnrolledAt, string Request, PublicKey Key);

/// <param name="Chain">The leaf, and after it the authorities up to and without the root, PEM.</param>
/// <param name="Leaf">The leaf alone.</param>
/// <param name="Issuer">The authority that issued the leaf.</param>
internal sealed record IssuedHostCertificate(string Chain, X509Certificate2 Leaf, X509Certificate2 Issuer);

/// <summary>A host's certificate was not issued; the message says why, and may be shown to the node's agent.</summary>
internal sealed class HostCertificateException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What a person may want to know beside the message, for the log alone.</summary>
    public string? Details { get; init; }

    /// <summary>Nothing is wrong; the agent is to ask again soon.</summary>
    public bool Busy { get; init; }
}
