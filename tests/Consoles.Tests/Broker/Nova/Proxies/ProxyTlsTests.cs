using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Consoles.Tests.Fakes;

namespace Consoles.Tests.Broker.Nova.Proxies;

/// <summary>TLS and plain connections on one port.</summary>
public sealed class ProxyTlsTests
{
    private const string Get = "GET /vnc_auto.html HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task NV_14_TLS_and_plain_are_spoken_on_one_port()
    {
        await using var nova = await NovaBroker.StartAsync();
        (await NovaBroker.AskAsync(nova.NoVnc, Get)).Should().StartWith("HTTP/1.1 200");
        (await AskTlsAsync(nova.NoVnc, Get)).Should().StartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task NV_14_with_ssl_only_a_plain_connection_gets_nothing()
    {
        await using var nova = await NovaBroker.StartAsync("--Nova:SslOnly=true");
        (await NovaBroker.AskAsync(nova.NoVnc, Get)).Should().BeEmpty();
        (await NovaBroker.AskAsync(nova.Serial, Get)).Should().BeEmpty();
        (await AskTlsAsync(nova.NoVnc, Get)).Should().StartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task NV_14_certificate_ciphers_and_oldest_version_are_honoured()
    {
        using var files = new TempDirectory();
        var shown = WriteCertificate(files["cert.pem"], files["key.pem"]);
        await File.WriteAllTextAsync(files["both.pem"], await File.ReadAllTextAsync(files["cert.pem"]) + await File.ReadAllTextAsync(files["key.pem"]));
        await using var nova = await NovaBroker.StartAsync(
            $"--Nova:CertificateFile={files["both.pem"]}", "--Nova:SslCiphers=ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "--Nova:SslMinimumVersion=tlsv1_2");

        await using var tls = await ConnectTlsAsync(nova.NoVnc, SslProtocols.Tls12);
        tls.RemoteCertificate!.GetCertHashString().Should().Be(shown);
        tls.NegotiatedCipherSuite.ToString().Should().EndWith("AES_128_GCM_SHA256");

        await using var strict = await NovaBroker.StartAsync("--Nova:SslMinimumVersion=tlsv1_3");
        await FluentActions.Awaiting(() => ConnectTlsAsync(strict.NoVnc, SslProtocols.Tls12)).Should().ThrowAsync<Exception>();
        await using var newest = await ConnectTlsAsync(strict.NoVnc, SslProtocols.Tls13);
        newest.SslProtocol.Should().Be(SslProtocols.Tls13);
    }

    [Fact]
    public async Task NV_06_a_page_that_came_by_https_needs_a_base_url_with_https()
    {
        await using var nova = await NovaBroker.StartAsync("--Nova:NoVnc:BaseUrl=https://127.0.0.1:6080/vnc_auto.html");
        var answer = await AskTlsAsync(nova.NoVnc, NovaBroker.Upgrade($"/?token={nova.Token()}", headers: "Origin: https://127.0.0.1"), untilHead: true);
        answer.Should().StartWith("HTTP/1.1 101");
        (await AskTlsAsync(nova.NoVnc, NovaBroker.Upgrade($"/?token={nova.Token()}", headers: "Origin: http://127.0.0.1"), untilHead: true)).Should().StartWith("HTTP/1.1 403");
    }

    /// <summary>Writes a new certificate and its key, and returns the certificate's digest.</summary>
    internal static string WriteCertificate(string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=nova", key, HashAlgorithmName.SHA256).CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem() + "\n");
        return certificate.GetCertHashString();
    }

    internal static async Task<SslStream> ConnectTlsAsync(int port, SslProtocols protocols = SslProtocols.None)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        });
        return tls;
    }

    private static async Task<string> AskTlsAsync(int port, string request, bool untilHead = false)
    {
        await using var tls = await ConnectTlsAsync(port);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var text = new StringBuilder();
        var buffer = new byte[4096];

        while (!(untilHead && text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal)) && await tls.ReadAsync(buffer, limit.Token) is var got and > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, got));
        }

        return text.ToString();
    }
}
