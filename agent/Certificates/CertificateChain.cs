using System.Security.Cryptography.X509Certificates;

namespace Consoles.Agent.Certificates;

/// <summary>Judges whether a set's leaf comes from one of its authorities, as QEMU will: any of ca-cert.pem is trusted by itself, with no root needed.</summary>
internal static class CertificateChain
{
    // The broker trusts the root, QEMU the issuing authority: that there is no way up from it is no fault here.
    private const X509ChainStatusFlags NoRoot = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.OfflineRevocation | X509ChainStatusFlags.RevocationStatusUnknown;

    public static string? Fault(CertificatePems pems, DateTimeOffset now) => AuthorityFault(pems, now) ?? OrderFault(pems) ?? IssuerFault(pems, now);

    // QEMU refuses the whole set for one of them.
    private static string? AuthorityFault(CertificatePems pems, DateTimeOffset now)
    {
        foreach (var authority in pems.Authorities.Concat(pems.Sent))
        {
            if (!authority.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
            {
                return $"{authority.Subject} stands among the authorities and is none (CA:TRUE is missing).";
            }

            if (now < new DateTimeOffset(authority.NotBefore) || now >= new DateTimeOffset(authority.NotAfter))
            {
                return $"The authority {authority.Subject} is valid from {authority.NotBefore.ToUniversalTime():u} to {authority.NotAfter.ToUniversalTime():u}, and it is {now:u} here.";
            }
        }

        return null;
    }

    private static string? OrderFault(CertificatePems pems)
    {
        var below = pems.Leaf;

        foreach (var above in pems.Sent)
        {
            if (!below.IssuerName.RawData.AsSpan().SequenceEqual(above.SubjectName.RawData))
            {
                return $"In {CertificateNames.Certificate} {above.Subject} follows {below.Subject}, and did not issue it.";
            }

            below = above;
        }

        return null;
    }

    // One at a time: of two authorities with one name, as in a roll-over, the platform would choose either.
    private static string? IssuerFault(CertificatePems pems, DateTimeOffset now)
    {
        var status = X509ChainStatusFlags.NoError;

        foreach (var authority in pems.Authorities)
        {
            using var chain = new X509Chain { ChainPolicy = Policy(pems, authority, now) };
            chain.Build(pems.Leaf);

            var faults = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) & ~NoRoot;
            var issued = chain.ChainElements.Skip(1).Any(element => element.Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span));

            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }

            if (issued && faults == X509ChainStatusFlags.NoError)
            {
                return null;
            }

            status |= issued ? faults : X509ChainStatusFlags.NoError;
        }

        return status == X509ChainStatusFlags.NoError
            ? $"The certificate is issued by {pems.Leaf.Issuer}, which does not stand in {CertificateNames.Authorities}."
            : $"The certificate's chain is not valid: {status}.";
    }

    private static X509ChainPolicy Policy(CertificatePems pems, X509Certificate2 authority, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };

        policy.ExtraStore.Add(authority);
        policy.ExtraStore.AddRange(pems.Sent.ToArray());
        return policy;
    }
}
