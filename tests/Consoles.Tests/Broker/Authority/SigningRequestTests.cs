using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;

namespace Consoles.Tests.Broker.Authority;

public class SigningRequestTests
{
    [Theory]
    [InlineData("nistP256", true)]
    [InlineData("nistP384", true)]
    [InlineData("nistP521", false)]
    [InlineData("brainpoolP256r1", false)]
    public void A_key_on_a_curve_is_signed_when_it_is_one_of_the_two(string curve, bool accepted)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));

        Judge(new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem(), accepted);
    }

    [Theory]
    [InlineData(1024, false)]
    [InlineData(2048, true)]
    [InlineData(4096, true)]
    [InlineData(4104, false)]
    public void An_rsa_key_is_signed_when_it_is_neither_weak_nor_costly(int bits, bool accepted)
    {
        using var key = RSA.Create(bits);

        Judge(new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem(), accepted);
    }

    [Fact]
    public void A_request_that_its_key_did_not_sign_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var der = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();

        // A byte of the subject: what is signed is no longer what stands there.
        der[Array.IndexOf(der, (byte)'x')] = (byte)'y';

        Judge(PemEncoding.WriteString("CERTIFICATE REQUEST", der), accepted: false);
    }

    [Fact]
    public void No_byte_of_a_request_can_be_changed_and_the_request_still_give_another_key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var der = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();

        for (var position = 0; position < der.Length; position++)
        {
            var changed = (byte[])der.Clone();
            changed[position] ^= 0x01;

            try
            {
                SigningRequest.ReadKey(PemEncoding.WriteString("CERTIFICATE REQUEST", changed))
                    .ExportSubjectPublicKeyInfo().Should().Equal(key.ExportSubjectPublicKeyInfo());
            }
            catch (SigningRequestException e)
            {
                e.Message.Should().NotBeEmpty();
            }
        }
    }

    [Fact]
    public void A_request_that_is_too_long_is_not_even_read()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

        Judge(new string('\n', SigningRequest.MaxCharacters - pem.Length) + pem, accepted: true);
        Judge(new string('\n', SigningRequest.MaxCharacters - pem.Length + 1) + pem, accepted: false);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----")]
    public void What_is_no_request_is_refused(string text) => Judge(text, accepted: false);

    [Theory]
    [InlineData(0, true)]
    [InlineData(16, true)]
    [InlineData(1000, false)]
    public void The_names_that_a_request_asks_for_are_not_read_and_too_many_make_it_too_long(int count, bool accepted)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();

        for (var number = 0; number < count; number++)
        {
            names.AddDnsName($"node{number}.example");
        }

        if (count > 0)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        // An empty list of uses has made parsers fall over.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([], critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));

        Judge(request.CreateSigningRequestPem(), accepted);
    }

    [Fact]
    public void A_request_of_a_mebibyte_is_refused_at_once() =>
        Judge($"-----BEGIN CERTIFICATE REQUEST-----\n{new string('A', 1024 * 1024)}\n-----END CERTIFICATE REQUEST-----", accepted: false);

    private static void Judge(string pem, bool accepted)
    {
        var reading = FluentActions.Invoking(() => SigningRequest.ReadKey(pem));

        if (accepted)
        {
            reading.Should().NotThrow();
        }
        else
        {
            reading.Should().Throw<SigningRequestException>();
        }
    }
}
