using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Consoles.Broker.Authority;
using Consoles.Broker.Hosting;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers;

/// <summary>The certificate that viewers are shown: the one that people are, unless files are given.</summary>
internal sealed class ViewerCertificate(
    IOptions<ViewersOptions> options,
    IOptions<ListenersOptions> listeners,
    PeopleCertificate people,
    BrokerCertificate own,
    AuthorityRoots roots,
    TimeProvider clock,
    ILogger<PeopleCertificate> log)
{
    private readonly PeopleCertificate _shown = options.Value is { CertificateFile: { } certificate, KeyFile: { } key }
        ? new PeopleCertificate(Options.Create(new ListenersOptions { People = { CertificateFile = certificate, KeyFile = key } }), own, clock, log)
        : people;

    private bool IsOwn => options.Value.CertificateFile is null && listeners.Value.People.CertificateFile is null;

    /// <exception cref="CryptographicException">The files could never be used yet.</exception>
    public SslStreamCertificateContext Context => _shown.Context;

    /// <summary>What a viewer is told to trust, PEM; null where that is for its machine to know.</summary>
    /// <exception cref="IOException">The file that says so cannot be read.</exception>
    public string? Authorities => options.Value.CaFile is { } file ? File.ReadAllText(file) : IsOwn ? roots.Fleet.ExportCertificatePem() : null;

    /// <summary>The server's side of TLS with a viewer.</summary>
    /// <exception cref="AuthenticationException">The viewer and the broker do not agree, or the viewer does not speak TLS.</exception>
    /// <exception cref="IOException">The viewer left.</exception>
    public async Task<SslStream> SecureAsync(Stream viewer, CancellationToken cancellationToken)
    {
        var secured = new SslStream(viewer, leaveInnerStreamOpen: false);

        try
        {
            var rules = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,

                // Several session tickets at once make TigerVNC 1.12 wait for ever, and nothing here is resumed.
                AllowTlsResume = false,
            };

            await secured.AuthenticateAsServerAsync(rules, cancellationToken);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }
}
