namespace Consoles.Agent.Certificates;

/// <summary>A set as QEMU reads it, all of it PEM. It prints without the key.</summary>
/// <param name="Certificate">server-cert.pem: the leaf, and after it the authorities that vouch for it.</param>
/// <param name="Key">server-key.pem, not encrypted.</param>
/// <param name="Authorities">ca-cert.pem: who may have issued the leaf, and the certificates of clients.</param>
internal sealed record CertificatePapers(string Certificate, string Key, string Authorities)
{
    public override string ToString() => nameof(CertificatePapers);
}
