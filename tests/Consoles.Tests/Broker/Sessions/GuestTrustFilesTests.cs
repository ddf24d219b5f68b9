using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Consoles.Broker.Sessions;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Sessions;

public sealed class GuestTrustFilesTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("trust-");

    public void Dispose()
    {
        _pki.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void Files_that_were_renewed_count_at_once()
    {
        Write("ca.pem", _pki.RootPem);
        var files = new GuestTrustFiles(At("ca.pem"), null, null, TimeProvider.System);
        var first = files.Current;
        first.Own.Should().BeNull();
        files.Current.Should().BeSameAs(first);

        using var other = new TestPki("Other");
        Write("ca.pem", other.RootPem);
        File.SetLastWriteTimeUtc(At("ca.pem"), DateTime.UnixEpoch);
        files.Current.Roots.Roots.Should().ContainSingle().Which.Subject.Should().Be("CN=Other");
    }

    [Fact]
    public void The_brokers_own_certificate_comes_with_its_key()
    {
        var own = _pki.Client("broker");
        Write("ca.pem", _pki.RootPem);
        Write("cert.pem", own.ChainPem);
        Write("key.pem", own.KeyPem);
        new GuestTrustFiles(At("ca.pem"), At("cert.pem"), At("key.pem"), TimeProvider.System).Current.Own!.Certificate.HasPrivateKey.Should().BeTrue();
    }

    [Fact]
    public void A_broken_file_is_said_to_be_broken()
    {
        Write("ca.pem", "nothing");
        FluentActions.Invoking(() => new GuestTrustFiles(At("ca.pem"), null, null, TimeProvider.System).Current).Should().Throw<CryptographicException>();
    }

    [Fact]
    public void Options_that_do_not_fit_together_are_found_at_start()
    {
        Write("a.pem", "");
        Faults(new GuestTlsOptions()).Should().BeEmpty();
        Faults(new GuestTlsOptions { CaFile = At("a.pem"), CertificateFile = At("a.pem"), KeyFile = At("a.pem") }).Should().BeEmpty();
        Faults(new GuestTlsOptions { CaFile = At("a.pem"), KeyFile = At("a.pem") }).Should().ContainSingle().Which.Should().Contain("together");
        Faults(new GuestTlsOptions { CertificateFile = At("a.pem"), KeyFile = At("a.pem") }).Should().ContainSingle().Which.Should().Contain("roots");
        Faults(new GuestTlsOptions { CaFile = At("b.pem") }).Should().ContainSingle().Which.Should().Contain("no such file");
    }

    private static IEnumerable<string?> Faults(GuestTlsOptions options) => options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage);

    private string At(string name) => Path.Combine(_directory.FullName, name);

    private void Write(string name, string text) => File.WriteAllText(At(name), text);
}
