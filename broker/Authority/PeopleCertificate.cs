using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>The certificate that browsers are shown: one in files that somebody else keeps fresh, or else the broker's own.</summary>
/// <remarks>The files are looked at for each handshake, and read when they were written, or once in a second while they cannot be used. What cannot be used does not replace what can.</remarks>
internal sealed class PeopleCertificate(IOptions<ListenersOptions> options, BrokerCertificate own, TimeProvider clock, ILogger<PeopleCertificate> log)
{
    // A right that was missing and is given leaves the times of the files as they are.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private (DateTime, DateTime) _written;
    private long _readAt;
    private SslStreamCertificateContext? _given;

    /// <summary>Why the files as they are now cannot be used; null when they can.</summary>
    public string? Fault { get; private set; }

    /// <exception cref="CryptographicException">The files could never be used yet.</exception>
    public SslStreamCertificateContext Context
    {
        get
        {
            if (options.Value.People is not { CertificateFile: { } certificate, KeyFile: { } key })
            {
                return own.Context;
            }

            lock (_gate)
            {
                var written = (File.GetLastWriteTimeUtc(certificate), File.GetLastWriteTimeUtc(key));

                if (written != _written || (Fault is not null && clock.GetElapsedTime(_readAt) >= Again))
                {
                    _readAt = clock.GetTimestamp();
                    _written = written;
                    Read(certificate, key);
                }

                return _given ?? throw new CryptographicException(Fault);
            }
        }
    }

    private void Read(string certificate, string key)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificate);

            // The one before is left to the collector: a handshake may be using it.
            _given = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, key), chain, offline: true);
            Fault = null;
            log.PeopleCertificateRead(_given.TargetCertificate.SerialNumber, _given.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            var fault = $"{certificate} and {key} cannot be used: {e.Message}";

            if (fault != Fault)
            {
                log.PeopleCertificateFailed(fault);
            }

            Fault = fault;
        }
    }
}
