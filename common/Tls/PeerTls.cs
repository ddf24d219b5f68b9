using System.ComponentModel;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Common.Tls;

/// <summary>Secures a connection that we dialled.</summary>
internal static class PeerTls
{
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>TLS with a peer that <paramref name="trust"/> passes under one of <paramref name="names"/>. <paramref name="inner"/> is then the result's to dispose.</summary>
    /// <exception cref="TlsPeerException">The certificate is not acceptable, or the handshake failed.</exception>
    public static Task<SslStream> ConnectAsync(
        Stream inner, PeerTrust trust, IReadOnlyCollection<string> names, TlsIdentity? own, CancellationToken cancellationToken)
    {
        string? fault = null;
        return HandshakeAsync(inner, ClientOptions(trust, names, own, words => fault = words), () => fault, cancellationToken);
    }

    /// <summary>The certificate of whoever answers, judged by nobody: once it is seen, the connection is refused and of no further use.</summary>
    /// <exception cref="TlsPeerException">The handshake failed before there was one.</exception>
    public static async Task<X509Certificate2> ReadCertificateAsync(Stream inner, CancellationToken cancellationToken)
    {
        X509Certificate2? served = null;

        var options = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = Protocols,
            AllowTlsResume = false,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            },
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                // The platform calls this when the handshake is over, so the server has shown that it holds the key.
                served = certificate is X509Certificate2 leaf ? X509CertificateLoader.LoadCertificate(leaf.RawDataMemory.Span) : null;
                return false;
            },
        };

        try
        {
            await using var tls = await HandshakeAsync(inner, options, () => null, cancellationToken);
        }
        catch (TlsPeerException) when (served is not null)
        {
            return served;
        }

        throw new TlsPeerException("The TLS handshake showed no certificate.");
    }

    /// <summary>The options of a client that checks its server, for whatever makes the stream itself (an HTTP handler).</summary>
    /// <param name="onFault">Told in words why the server was not accepted, since the platform's own exception does not say.</param>
    public static SslClientAuthenticationOptions ClientOptions(
        PeerTrust trust, IReadOnlyCollection<string> names, TlsIdentity? own, Action<string>? onFault = null) => new()
        {
            TargetHost = names.FirstOrDefault(name => !IPAddress.TryParse(name, out _)) ?? "",
            EnabledSslProtocols = Protocols,
            AllowTlsResume = false,
            CertificateChainPolicy = trust.Policy(PeerRole.Server),
            ClientCertificateContext = own?.Context,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var fault = certificate is X509Certificate2 leaf
                    ? trust.Check(leaf, chain?.ChainPolicy.ExtraStore, PeerRole.Server, names)
                    : "No certificate was shown.";

                if (fault is not null)
                {
                    onFault?.Invoke(fault);
                }

                return fault is null;
            },
        };

    private static async Task<SslStream> HandshakeAsync(
        Stream inner, SslClientAuthenticationOptions options, Func<string?> fault, CancellationToken cancellationToken)
    {
        var tls = new SslStream(inner, leaveInnerStreamOpen: false);

        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or Win32Exception)
        {
            await tls.DisposeAsync();
            throw new TlsPeerException(fault() ?? $"The TLS handshake failed: {(e.InnerException ?? e).Message}", e);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
