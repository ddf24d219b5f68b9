using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova;

/// <summary>How the listeners of this face speak TLS: with the certificate that nova.conf named, or the one that people are shown.</summary>
internal sealed class NovaTls(IOptions<NovaOptions> options, PeopleCertificate shown) : IHostedService
{
    private readonly Lock _gate = new();
    private readonly Lazy<CipherSuitesPolicy?> _suites = new(() => Suites(options.Value.SslCiphers));
    private (DateTime Certificate, DateTime Key) _written;
    private SslStreamCertificateContext? _own;

    public TlsHandshakeCallbackOptions ForListeners() => new()
    {
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = options.Value.CertificateFile is { } file ? Own(file, options.Value.KeyFile) : shown.Context,
            EnabledSslProtocols = options.Value.SslMinimumVersion == NovaTlsFloor.TlsV1_3 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            CipherSuitesPolicy = _suites.Value,
        }),
    };

    /// <summary>Before anything listens. Not sooner: a command has this slice too, and shows nothing.</summary>
    /// <exception cref="StartException">The certificate, its key or the list of cipher suites cannot be used; the message says why.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Enabled)
        {
            Check();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Check()
    {
        var nova = options.Value;

        try
        {
            _ = nova.CertificateFile is null ? null : Own(nova.CertificateFile, nova.KeyFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StartException($"Nova:CertificateFile '{nova.CertificateFile}' with its key cannot be used: {e.Message}", e);
        }

        _ = _suites.Value;
    }

    private static CipherSuitesPolicy? Suites(string? list)
    {
        if (string.IsNullOrWhiteSpace(list) || !OperatingSystem.IsLinux())
        {
            return null;
        }

        var (suites, unknown) = OpenSslNames.Read(list);

        return suites is not null
            ? new CipherSuitesPolicy(suites)
            : throw new StartException($"Nova:SslCiphers: expected OpenSSL's names of cipher suites with forward secrecy, such as ECDHE-RSA-AES256-GCM-SHA384, separated by colons. Found: {unknown}.");
    }

    // Files that were written anew are taken from the next handshake on; while they cannot be used, those before are.
    private SslStreamCertificateContext Own(string certificate, string? key)
    {
        lock (_gate)
        {
            var written = (File.GetLastWriteTimeUtc(certificate), File.GetLastWriteTimeUtc(key ?? certificate));

            if (_own is null || written != _written)
            {
                try
                {
                    var chain = new X509Certificate2Collection();
                    chain.ImportFromPemFile(certificate);
                    _own = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, key ?? certificate), chain, offline: true);
                    _written = written;
                }
                catch (Exception e) when (_own is not null && e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
                {
                    // The next handshake tries again.
                }
            }

            return _own!;
        }
    }
}
