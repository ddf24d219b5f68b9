using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Common.Tls;

namespace Consoles.Broker.Sessions;

/// <summary>Trust for the guests' side out of files that somebody else keeps fresh.</summary>
internal sealed class GuestTrustFiles(string caFile, string? certificateFile, string? keyFile, TimeProvider clock) : IGuestTrust
{
    private readonly Lock _gate = new();
    private (DateTime, DateTime, DateTime) _written;
    private GuestTrust? _current;

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file does not hold what it should.</exception>
    public GuestTrust Current
    {
        get
        {
            lock (_gate)
            {
                var written = (Written(caFile), Written(certificateFile), Written(keyFile));

                if (_current is null || written != _written)
                {
                    // The one before is left to the collector: a connection that is being made may still show its certificate.
                    _current = new GuestTrust(
                        PeerTrust.FromPem(File.ReadAllText(caFile), clock),
                        certificateFile is null || keyFile is null ? null : TlsIdentity.FromPem(File.ReadAllText(certificateFile), File.ReadAllText(keyFile)));

                    _written = written;
                }

                return _current;
            }
        }
    }

    public GuestTrust Of(string node) => Current;

    private static DateTime Written(string? path) => path is null ? default : File.GetLastWriteTimeUtc(path);
}
