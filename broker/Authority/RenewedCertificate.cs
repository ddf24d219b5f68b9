using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Authority;

/// <summary>A certificate of the broker's own that is replaced at half its life, by whoever asks for it next.</summary>
internal abstract class RenewedCertificate(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private SslStreamCertificateContext? _current;

    public X509Certificate2 Current => Context.TargetCertificate;

    /// <summary>The same, ready for a handshake.</summary>
    public SslStreamCertificateContext Context
    {
        get
        {
            lock (_gate)
            {
                // The one that is replaced is left to the collector: a handshake may be using it.
                if (_current is null || clock.GetUtcNow() >= DueAt(_current.TargetCertificate) || !IsStillWanted(_current.TargetCertificate))
                {
                    var certificate = Issue(clock.GetUtcNow());
                    _current = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
                }

                return _current;
            }
        }
    }

    protected abstract X509Certificate2 Issue(DateTimeOffset now);

    /// <summary>Whether it need not be replaced before its time.</summary>
    protected virtual bool IsStillWanted(X509Certificate2 certificate) => true;

    private static DateTimeOffset DueAt(X509Certificate2 certificate)
    {
        var issuedAt = new DateTimeOffset(certificate.NotBefore) + Issuing.Backdate;
        return issuedAt + ((new DateTimeOffset(certificate.NotAfter) - issuedAt) / 2);
    }
}
