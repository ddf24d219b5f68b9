using System.ComponentModel.DataAnnotations;

namespace Consoles.Broker.Nova;

/// <summary>The oldest TLS that the proxies accept, in the words of nova.conf's ssl_minimum_version.</summary>
internal enum NovaTlsFloor
{
    /// <summary>What the broker accepts elsewhere: TLS 1.2.</summary>
    Default,

    TlsV1_1,

    TlsV1_2,

    TlsV1_3,
}

/// <summary>The face that looks like OpenStack Nova's console services. Off unless switched on, and then each listener can be switched by itself.</summary>
internal sealed class NovaOptions : IValidatableObject
{
    private static readonly string[] KnownSchemes = ["none", "vencrypt"];

    public bool Enabled { get; set; }

    /// <summary>How long a token of this face is good, in seconds; 0: none ever is. nova.conf: [consoleauth]token_ttl.</summary>
    [Range(0, 365 * 24 * 3600)]
    public int TokenTtl { get; set; } = 600;

    /// <summary>Whether a session ends when its token expires. nova.conf: [consoleauth]enforce_session_timeout.</summary>
    public bool EnforceSessionTimeout { get; set; }

    /// <summary>Hosts whose pages may open WebSockets here, beside the one that is asked. nova.conf: [console]allowed_origins.</summary>
    [MaxLength(256)]
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>
    /// Addresses of those who forward requests to this face: their X-Forwarded-For says whose wrong tokens these are, and their X-Forwarded-Proto, like that of this machine, by which scheme a
    /// page was loaded. Of others it is not believed.
    /// </summary>
    [MaxLength(64)]
    public string[] ForwardedFrom { get; set; } = [];

    /// <summary>How QEMU's VNC may be secured: none, vencrypt, or both. Unset: as <c>GuestTls</c> says. nova.conf: [vnc]auth_schemes.</summary>
    public string[] AuthSchemes { get; set; } = [];

    /// <summary>Whether the proxies refuse connections without TLS. nova.conf: ssl_only.</summary>
    public bool SslOnly { get; set; }

    /// <summary>PEM: the certificate that this face shows, the proxies and the API, then the authorities above it. Unset: the one that people are shown. nova.conf: cert.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM, not encrypted. Unset: it is in <see cref="CertificateFile"/>, too. nova.conf: key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>OpenSSL's names of cipher suites, separated by colons. nova.conf: [console]ssl_ciphers.</summary>
    public string? SslCiphers { get; set; }

    /// <summary>nova.conf: [console]ssl_minimum_version.</summary>
    public NovaTlsFloor SslMinimumVersion { get; set; }

    /// <summary>Where what guests send is recorded, as FILE.1, FILE.2, ...; unset: nowhere. nova.conf: record.</summary>
    public string? Record { get; set; }

    /// <summary>Whether guests are dialled at IPv6 addresses first. nova.conf: source_is_ipv6.</summary>
    public bool SourceIsIpv6 { get; set; }

    public NovaApiOptions Api { get; set; } = new();

    public NovaKeystoneOptions Keystone { get; set; } = new();

    public NovaProxyOptions NoVnc { get; set; } = new() { Enabled = true, Port = 6080, BaseUrl = "http://127.0.0.1:6080/vnc_auto.html" };

    public NovaProxyOptions XvpVnc { get; set; } = new() { Port = 6081, BaseUrl = "http://127.0.0.1:6081/console" };

    public NovaProxyOptions Spice { get; set; } = new() { Enabled = true, Port = 6082, BaseUrl = "http://127.0.0.1:6082/spice_auto.html" };

    public NovaProxyOptions Serial { get; set; } = new() { Enabled = true, Port = 6083, BaseUrl = "ws://127.0.0.1:6083/" };

    public NovaProxyOptions SpiceDirect { get; set; } = new() { Port = 13002, BaseUrl = "http://127.0.0.1:13002/nova" };

    public Nova2011Options VncProxy2011 { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AuthSchemes.Except(KnownSchemes, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            yield return new ValidationResult($"a scheme is none or vencrypt. Found: {unknown}.", [nameof(AuthSchemes)]);
        }

        if (Array.Find(ForwardedFrom, address => !System.Net.IPAddress.TryParse(address, out _)) is { } name)
        {
            yield return new ValidationResult($"expected IP addresses. Found: {name}.", [nameof(ForwardedFrom)]);
        }

        if (VncProxy2011.ConsoleProxyUrl is { } url && NovaUrls.Fault(url) is { } fault)
        {
            yield return new ValidationResult(fault, [$"{nameof(VncProxy2011)}:{nameof(VncProxy2011.ConsoleProxyUrl)}"]);
        }

        if (KeyFile is not null && CertificateFile is null)
        {
            yield return new ValidationResult($"a key is given together with its certificate. Found: '{KeyFile}' alone.", [nameof(KeyFile)]);
        }

        foreach (var (option, path) in new[] { (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile) })
        {
            if (Enabled && path is not null && !File.Exists(path))
            {
                yield return new ValidationResult($"there is no such file. Found: {path}.", [option]);
            }
        }
    }
}
