using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Agent.Certificates;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Agent.Certificates;

/// <summary>What an authority could answer that must not be installed: none is, and QEMU goes on loading the old set.</summary>
public sealed class BrokenAnswersTests : IDisposable
{
    private readonly CertificateFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("wrong key", "not that of the certificate")]
    [InlineData("key of another kind", "key")]
    [InlineData("two keys", "one private key")]
    [InlineData("no key", "one private key")]
    [InlineData("encrypted key", "encrypted")]
    [InlineData("key in the old encrypted form", "encrypted")]
    [InlineData("certificate for a key", "one private key")]
    [InlineData("key only", "PRIVATE KEY")]
    [InlineData("wrong name", "node2.example")]
    [InlineData("no name", "nobody")]
    [InlineData("name in the common name only", "nobody")]
    [InlineData("a wildcard", "*.example")]
    [InlineData("1000 names", "names")]
    [InlineData("a large certificate", "bytes")]
    [InlineData("malformed names", "cannot be read")]
    [InlineData("an authority", "CA:TRUE")]
    [InlineData("expired", "expired")]
    [InlineData("not yet valid", "begins")]
    [InlineData("minutes to live", "too soon")]
    [InlineData("no use", "serverAuth")]
    [InlineData("empty use", "serverAuth")]
    [InlineData("for clients", "serverAuth")]
    [InlineData("any use", "serverAuth")]
    [InlineData("may not sign", "digitalSignature")]
    [InlineData("short RSA key", "1024 bits")]
    [InlineData("signed with SHA-1", "broken")]
    [InlineData("unknown critical extension", "not valid")]
    [InlineData("another authority's", "does not stand in ca-cert.pem")]
    [InlineData("authority of the same name", "not valid")]
    [InlineData("changed after signing", "not valid")]
    [InlineData("chain out of order", "did not issue")]
    [InlineData("chain too long", "limit")]
    [InlineData("expired authority", "valid from")]
    [InlineData("no authorities", "no certificate")]
    [InlineData("leaf among the authorities", "is none")]
    [InlineData("17 authorities", "limit")]
    [InlineData("empty", "no certificate")]
    [InlineData("garbage", "no certificate")]
    [InlineData("cut off", "cut off")]
    [InlineData("bad base64", "cut off")]
    [InlineData("random DER", "cannot be read")]
    [InlineData("huge", "limit")]
    [InlineData("NUL", "NUL")]
    [InlineData("a request", "CERTIFICATE REQUEST")]
    public async Task It_is_not_installed(string kind, string reason)
    {
        var papers = Broken(kind);

        CertificatePreflight.Fault(papers, CertificateFixture.Node, TimeProvider.System.GetUtcNow()).Should().Contain(reason);

        var installing = () => _fixture.InstallAsync(papers);
        (await installing.Should().ThrowAsync<CertificateException>()).Which.Message.Should().Contain(reason);
        Directory.Exists(_fixture.Directory).Should().BeFalse(because: "it was refused before anything was written");
    }

    [Fact]
    public async Task The_old_set_stays_through_all_of_them()
    {
        var good = _fixture.Papers();
        await _fixture.InstallAsync(good);
        var names = _fixture.Names();

        foreach (var kind in typeof(BrokenAnswersTests).GetMethod(nameof(It_is_not_installed))!.GetCustomAttributesData().Where(data => data.AttributeType == typeof(InlineDataAttribute)))
        {
            var values = (IReadOnlyCollection<System.Reflection.CustomAttributeTypedArgument>)kind.ConstructorArguments[0].Value!;
            var installing = () => _fixture.InstallAsync(Broken((string)values.First().Value!));
            await installing.Should().ThrowAsync<CertificateException>(because: values.First().Value!.ToString());
        }

        await _fixture.ServesAsync(good);
        _fixture.Names().Should().Equal(names);
    }

    [Fact]
    public void A_good_one_passes()
    {
        CertificatePreflight.Fault(_fixture.Papers(), CertificateFixture.Node, TimeProvider.System.GetUtcNow()).Should().BeNull();
        CertificatePreflight.Fault(_fixture.Papers() with { Authorities = _fixture.Issuer.Certificate.ExportCertificatePem() }, CertificateFixture.Node, TimeProvider.System.GetUtcNow())
            .Should().BeNull(because: "the node need not know the root");
        CertificatePreflight.Fault(_fixture.Papers(new TestRequest { Names = ["192.0.2.7", "NODE1.example"] }), "192.0.2.7", TimeProvider.System.GetUtcNow()).Should().BeNull();
    }

    [Fact]
    public void Thousands_of_damaged_answers_are_judged_and_throw_nothing()
    {
        var random = new System.Random(Seed: 20);
        var good = _fixture.Papers();
        var now = TimeProvider.System.GetUtcNow();

        for (var attempt = 0; attempt < 3000; attempt++)
        {
            var damage = () => CertificatePreflight.Fault(
                new CertificatePapers(Damage(good.Certificate), attempt % 3 == 0 ? Damage(good.Key) : good.Key, attempt % 5 == 0 ? Damage(good.Authorities) : good.Authorities), CertificateFixture.Node, now);
            damage.Should().NotThrow();
        }

        string Damage(string text)
        {
            var letters = text.ToCharArray();

            for (var hit = random.Next(1, 4); hit > 0; hit--)
            {
                letters[random.Next(letters.Length)] = (char)random.Next(32, 127);
            }

            return new string(letters);
        }
    }

    private CertificatePapers Broken(string kind)
    {
        var now = TimeProvider.System.GetUtcNow();
        var named = new TestRequest { Names = [CertificateFixture.Node] };
        var good = _fixture.Papers();

        return kind switch
        {
            "wrong key" => good with { Key = _fixture.Papers().Key },
            "key of another kind" => good with { Key = Rsa(2048).ExportPkcs8PrivateKeyPem() },
            "two keys" => good with { Key = good.Key + "\n" + _fixture.Papers().Key },
            "no key" => good with { Key = "" },
            "encrypted key" => good with { Key = Rsa(2048).ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)) },
            "key in the old encrypted form" => good with { Key = PemEncoding.WriteString("EC PRIVATE KEY", new byte[96]).Replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", StringComparison.Ordinal) },
            "certificate for a key" => good with { Key = good.Certificate },
            "key only" => good with { Certificate = good.Key },
            "wrong name" => _fixture.Papers(named with { Names = ["node2.example"] }),
            "no name" => _fixture.Papers(named with { Names = [] }),
            "name in the common name only" => _fixture.Papers(named with { Names = [], CommonName = CertificateFixture.Node }),
            "a wildcard" => _fixture.Papers(named with { Names = ["*.example"] }),
            "1000 names" => _fixture.Papers(named with { Names = [CertificateFixture.Node, .. Enumerable.Range(0, 999).Select(number => $"n{number}")] }),
            "a large certificate" => _fixture.Papers(named with { Extensions = [new X509Extension("1.2.3.4", new byte[17_000], critical: false)] }),
            "malformed names" => _fixture.Papers(named with { Names = [], Extensions = [new X509Extension("2.5.29.17", [0x30, 0x82, 1], critical: false)] }),
            "an authority" => _fixture.Papers(named with { IsAuthority = true }),
            "expired" => _fixture.Papers(named with { NotBefore = now.AddDays(-8), NotAfter = now.AddDays(-1) }),
            "not yet valid" => _fixture.Papers(named with { NotBefore = now.AddHours(1), NotAfter = now.AddDays(8) }),
            "minutes to live" => _fixture.Papers(named with { NotBefore = now.AddDays(-7), NotAfter = now.AddMinutes(20) }),
            "no use" => _fixture.Papers(named with { Use = null }),
            "empty use" => _fixture.Papers(named with { Use = null, Extensions = [new X509Extension("2.5.29.37", [0x30, 0], critical: false)] }),
            "for clients" => _fixture.Papers(named with { Use = TestPki.ClientAuth }),
            "any use" => _fixture.Papers(named with { Use = "2.5.29.37.0" }),
            "may not sign" => _fixture.Papers(named with { Extensions = [new X509KeyUsageExtension(X509KeyUsageFlags.KeyAgreement, critical: true)] }),
            "short RSA key" => OfRsa(1024),
            "signed with SHA-1" => SignedWithSha1(OfRsa(2048)),
            "unknown critical extension" => _fixture.Papers(named with { Extensions = [new X509Extension("1.2.3.4", [5, 0], critical: true)] }),
            "another authority's" => good with { Authorities = _fixture.Pki.Issuer("Other issuer").Certificate.ExportCertificatePem() },
            "authority of the same name" => good with { Authorities = _fixture.Pki.Issuer().Certificate.ExportCertificatePem(), Certificate = Leaf(good) },
            "changed after signing" => Changed(good),
            "chain out of order" => good with { Certificate = Leaf(good) + "\n" + _fixture.Pki.RootPem + "\n" + _fixture.Issuer.Certificate.ExportCertificatePem() },
            "chain too long" => good with { Certificate = good.Certificate + string.Concat(Enumerable.Repeat("\n" + _fixture.Pki.RootPem, 3)) },
            "expired authority" => good with { Authorities = good.Authorities + ExpiredAuthority(now) },
            "no authorities" => good with { Authorities = "" },
            "leaf among the authorities" => good with { Authorities = good.Authorities + Leaf(good) },
            "17 authorities" => good with { Authorities = string.Concat(Enumerable.Repeat(_fixture.Pki.RootPem + "\n", 17)) },
            "empty" => good with { Certificate = "" },
            "garbage" => good with { Certificate = "It works!" },
            "cut off" => good with { Certificate = good.Certificate[..300] },
            "bad base64" => good with { Certificate = good.Certificate.Insert(100, "!") },
            "random DER" => good with { Certificate = PemEncoding.WriteString("CERTIFICATE", RandomNumberGenerator.GetBytes(600)) },
            "huge" => good with { Certificate = good.Certificate + new string('\n', 1024 * 1024) },
            "NUL" => good with { Certificate = good.Certificate + "\0" },
            "a request" => good with { Certificate = new CertificateRequest("CN=x", Rsa(2048), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem() },
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
        };
    }

    private static RSA Rsa(int bits) => RSA.Create(bits);

    private static string Leaf(CertificatePapers papers) => X509Certificate2.CreateFromPem(papers.Certificate).ExportCertificatePem();

    private static CertificatePapers Changed(CertificatePapers papers)
    {
        var der = X509Certificate2.CreateFromPem(papers.Certificate).RawData;
        der[^1] ^= 1;
        return papers with { Certificate = PemEncoding.WriteString("CERTIFICATE", der) };
    }

    private static string ExpiredAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Old", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        using var old = request.CreateSelfSigned(now.AddDays(-20), now.AddDays(-10));
        return "\n" + old.ExportCertificatePem();
    }

    // The algorithm's number stands twice in a certificate: sha256WithRSA becomes sha1WithRSA.
    private static CertificatePapers SignedWithSha1(CertificatePapers papers)
    {
        byte[] prefix = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
        var der = X509Certificate2.CreateFromPem(papers.Certificate).RawData;

        for (var place = 0; place < der.Length - prefix.Length; place++)
        {
            if (der.AsSpan(place).StartsWith(prefix) && der[place + prefix.Length] == 11)
            {
                der[place + prefix.Length] = 5;
            }
        }

        return papers with { Certificate = PemEncoding.WriteString("CERTIFICATE", der) };
    }

    private static CertificatePapers OfRsa(int bits)
    {
        using var authorityKey = Rsa(2048);
        var now = TimeProvider.System.GetUtcNow();
        var authority = new CertificateRequest("CN=RSA", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        using var root = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(9));

        using var key = Rsa(bits);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(TestPki.ServerAuth)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(CertificateFixture.Node);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(root, now.AddHours(-1), now.AddDays(7), [1, 2, 3]);

        return new CertificatePapers(leaf.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), root.ExportCertificatePem());
    }
}
