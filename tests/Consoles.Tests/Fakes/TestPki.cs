using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Common.Tls;

namespace Consoles.Tests.Fakes;

/// <summary>A certificate authority for one test: issues what the test asks for, right or wrong.</summary>
internal sealed class TestPki : IDisposable
{
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    private readonly DateTimeOffset _now;
    private readonly X509Certificate2 _root;

    public TestPki(string name = "Test root", TimeProvider? clock = null)
    {
        _now = (clock ?? TimeProvider.System).GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority(name, key).CreateSelfSigned(_now - TimeSpan.FromDays(1000), _now + TimeSpan.FromDays(1000));
    }

    public string RootPem => _root.ExportCertificatePem();

    public X509Certificate2 Root => _root;

    /// <summary>Trust in this authority alone.</summary>
    public PeerTrust Trust(TimeProvider? clock = null) => PeerTrust.FromPem(RootPem, clock ?? TimeProvider.System);

    public TestCertificate Server(params string[] names) => Issue(new TestRequest { Names = names });

    public TestCertificate Client(params string[] names) => Issue(new TestRequest { Names = names, Use = ClientAuth });

    public TestCertificate Expired(params string[] names) =>
        Issue(new TestRequest { Names = names, NotBefore = _now - TimeSpan.FromDays(2), NotAfter = _now - TimeSpan.FromDays(1) });

    /// <summary>An authority under this one, whose certificates come with its own.</summary>
    public TestIssuer Issuer(string name = "Test issuer")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Authority(name, key).Create(_root, _now - TimeSpan.FromDays(900), _now + TimeSpan.FromDays(900), Serial());
        return new TestIssuer(this, certificate.CopyWithPrivateKey(key));
    }

    public TestCertificate Issue(TestRequest wanted) => Issue(wanted, _root, chain: "");

    public void Dispose() => _root.Dispose();

    internal TestCertificate Issue(TestRequest wanted, X509Certificate2 issuer, string chain)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={wanted.CommonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(wanted.IsAuthority, false, 0, critical: true));

        if (wanted.Use is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(wanted.Use)], critical: false));
        }

        if (wanted.Names.Count > 0)
        {
            var names = new SubjectAlternativeNameBuilder();

            foreach (var name in wanted.Names)
            {
                if (IPAddress.TryParse(name, out var address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        wanted.Extensions.ForEach(request.CertificateExtensions.Add);

        using var certificate = request.Create(
            issuer, wanted.NotBefore ?? _now - Backdated, wanted.NotAfter ?? _now + TimeSpan.FromDays(7), Serial());

        return new TestCertificate(certificate.ExportCertificatePem() + "\n" + chain, key.ExportPkcs8PrivateKeyPem());
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        serial[0] |= 0x40;
        return serial;
    }
}

/// <summary>An authority between the root and its certificates.</summary>
internal sealed record TestIssuer(TestPki Pki, X509Certificate2 Certificate)
{
    public TestCertificate Issue(TestRequest wanted) => Pki.Issue(wanted, Certificate, Certificate.ExportCertificatePem());
}

internal sealed record TestRequest
{
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The one extended key usage, or null for none.</summary>
    public string? Use { get; init; } = TestPki.ServerAuth;

    public string CommonName { get; init; } = "test";

    public bool IsAuthority { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? NotAfter { get; init; }

    public List<X509Extension> Extensions { get; init; } = [];
}

/// <summary>A certificate and its key, as files have them: the chain first to last.</summary>
internal sealed record TestCertificate(string ChainPem, string KeyPem)
{
    public TlsIdentity Identity() => TlsIdentity.FromPem(ChainPem, KeyPem);

    public X509Certificate2 Leaf() => X509Certificate2.CreateFromPem(ChainPem);

    /// <summary>What a server sends along with the leaf.</summary>
    public X509Certificate2Collection Extra()
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(ChainPem);
        all.RemoveAt(0);
        return all;
    }

    /// <summary>Writes the files that QEMU and libvirt look for, by the names they have there.</summary>
    public void WriteServerFiles(string directory, string authoritiesPem)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "ca-cert.pem"), authoritiesPem);
        File.WriteAllText(Path.Combine(directory, "server-cert.pem"), ChainPem);
        File.WriteAllText(Path.Combine(directory, "server-key.pem"), KeyPem);
    }
}
