using System.Security.Cryptography.X509Certificates;

namespace Consoles.Tests.Fakes;

/// <summary>Trust in one root and nothing else.</summary>
internal static class TestTls
{
    public static bool Trusts(X509Certificate2 root, X509Chain served)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(served.ChainElements[0].Certificate);
    }
}
