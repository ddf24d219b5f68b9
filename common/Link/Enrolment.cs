namespace Consoles.Common.Link;

/// <summary>What an agent posts to /enrol with its join token, and to /renew over mTLS (then without one).</summary>
/// <param name="Token">The one-time join token, or null when renewing.</param>
/// <param name="CertificateRequest">PKCS#10 in PEM. Only its public key is used: the broker stamps the names.</param>
public sealed record EnrolmentRequest(string? Token, string CertificateRequest)
{
    public override string ToString() => nameof(EnrolmentRequest);
}

/// <summary>The broker's answer.</summary>
/// <param name="Node">The name the node was invited under.</param>
/// <param name="Certificate">The agent's certificate, PEM.</param>
/// <param name="Authority">The roots by which the agent knows its broker, PEM, one or more.</param>
public sealed record EnrolmentAnswer(string Node, string Certificate, string Authority);
