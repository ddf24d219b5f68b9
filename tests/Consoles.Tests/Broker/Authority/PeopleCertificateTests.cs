using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Authority;

public sealed class PeopleCertificateTests : IDisposable
{
    private readonly TempDirectory _files = new();
    private readonly TestPki _pki = new();

    public void Dispose()
    {
        _pki.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task A_new_certificate_in_the_files_is_shown_without_a_restart_and_one_that_cannot_be_used_is_not()
    {
        var first = Write(_pki.Server("localhost"));
        await using var broker = await TestBroker.StartAsync(
            args: ["--Listeners:People:Scheme=https", $"--Listeners:People:CertificateFile={_files["cert.pem"]}", $"--Listeners:People:KeyFile={_files["key.pem"]}"]);
        (await ShownAsync(broker)).Should().Be(first);

        await File.WriteAllTextAsync(_files["cert.pem"], _pki.Server("localhost").ChainPem);
        (await ShownAsync(broker)).Should().Be(first, because: "the key is another's");
        await File.WriteAllTextAsync(_files["key.pem"], "rubbish");
        (await ShownAsync(broker)).Should().Be(first);

        var second = Write(_pki.Server("localhost"));
        (await ShownAsync(broker)).Should().Be(second);
    }

    [Fact]
    public async Task Files_that_could_not_be_used_are_read_again_though_nobody_wrote_them_since()
    {
        var first = Write(_pki.Server("localhost"));
        await using var broker = await TestBroker.StartAsync(
            args: ["--Listeners:People:Scheme=https", $"--Listeners:People:CertificateFile={_files["cert.pem"]}", $"--Listeners:People:KeyFile={_files["key.pem"]}"]);
        (await ShownAsync(broker)).Should().Be(first);
        var second = Write(_pki.Server("localhost"));
        var good = await File.ReadAllTextAsync(_files["key.pem"]);
        await File.WriteAllTextAsync(_files["key.pem"], "rubbish");
        (await ShownAsync(broker)).Should().Be(first);

        // As with a right that is given, the times of the files stay.
        var written = File.GetLastWriteTimeUtc(_files["key.pem"]);
        await File.WriteAllTextAsync(_files["key.new"], good);
        File.SetLastWriteTimeUtc(_files["key.new"], written);
        File.Move(_files["key.new"], _files["key.pem"], overwrite: true);

        await Eventually.TrueAsync(async () => await ShownAsync(broker) == second);
    }

    private string Write(TestCertificate certificate)
    {
        File.WriteAllText(_files["cert.pem"], certificate.ChainPem);
        File.WriteAllText(_files["key.pem"], certificate.KeyPem);
        using var leaf = certificate.Leaf();
        return leaf.SerialNumber;
    }

    private static async Task<string> ShownAsync(TestBroker broker)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", broker.People.Port);
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
    }
}
