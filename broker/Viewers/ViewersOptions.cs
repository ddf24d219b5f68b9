using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Consoles.Broker.Hosting;

namespace Consoles.Broker.Viewers;

/// <summary>What lets people use viewers of their own. All of it is off until it is switched on.</summary>
internal sealed class ViewersOptions : IValidatableObject
{
    /// <summary>The name or address by which viewers reach this broker, for the files that start them. Unset: that by which the browser reached it.</summary>
    public string? PublicName { get; set; }

    /// <summary>PEM: the certificate that these listeners show, then the authorities above it; read anew when it changes. Unset: the one that people are shown.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM, not encrypted.</summary>
    public string? KeyFile { get; set; }

    /// <summary>PEM: what files for SPICE viewers tell them to trust. Unset: the broker's own authority, or what the viewer's machine trusts where the certificate comes from files.</summary>
    public string? CaFile { get; set; }

    /// <summary>How long a viewer may take over each step before it has shown its token.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan StageLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many viewers there may be that have not shown a token yet, on all of these listeners. One more is closed at once.</summary>
    [Range(1, 100_000)]
    public int MaxWaiting { get; set; } = 4096;

    /// <summary>VNC viewers, which show their token as a password inside TLS.</summary>
    public ViewerListenerOptions Vnc { get; set; } = new() { Port = 5900 };

    public SpiceListenerOptions Spice { get; set; } = new() { Port = 3128 };

    /// <summary>Raw bytes of a serial console inside TLS; the token is the first line.</summary>
    public ViewerListenerOptions Serial { get; set; } = new() { Port = 6086 };

    /// <summary>A serial console in telnet inside TLS, which asks for the token.</summary>
    public ViewerListenerOptions Telnet { get; set; } = new() { Port = 6087 };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PublicName is not null && Uri.CheckHostName(PublicName) == UriHostNameType.Unknown)
        {
            yield return new ValidationResult($"'{PublicName}' is neither a host name nor an address.", [nameof(PublicName)]);
        }

        if (CertificateFile is null != KeyFile is null)
        {
            yield return new ValidationResult("A certificate and its key are given together, or neither is.", [nameof(CertificateFile), nameof(KeyFile)]);
        }
        else if (CertificateFile is not null && FaultOf(() => X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile).Dispose()) is { } fault)
        {
            yield return new ValidationResult($"{fault} Found: '{CertificateFile}' and '{KeyFile}'.", [nameof(CertificateFile), nameof(KeyFile)]);
        }

        if (CaFile is not null && FaultOf(() => new X509Certificate2Collection().ImportFromPemFile(CaFile)) is { } unread)
        {
            yield return new ValidationResult($"{unread} Found: '{CaFile}'.", [nameof(CaFile)]);
        }
    }

    private static string? FaultOf(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return e.Message;
        }
    }
}

/// <summary>A listener for viewers.</summary>
internal class ViewerListenerOptions
{
    public bool Enabled { get; set; }

    /// <summary>Unset: where people are awaited.</summary>
    [IpAddress]
    public string? Address { get; set; }

    /// <summary>0: any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; }

    public IPEndPoint At(ListenersOptions listeners) => new(IPAddress.Parse(Address ?? listeners.People.Address), Port);
}

/// <summary>SPICE viewers, which take this for an HTTP proxy and show it their token.</summary>
internal sealed class SpiceListenerOptions : ViewerListenerOptions
{
    /// <summary>How the proxy itself is spoken to. Inside it there is TLS in either case, save with viewers of this machine. With https, viewers must trust the certificate by themselves.</summary>
    public ListenerScheme Scheme { get; set; } = ListenerScheme.Http;

    /// <summary>Where the viewer's TLS ends.</summary>
    public SpiceTlsEnd Tls { get; set; } = SpiceTlsEnd.Broker;
}

internal enum SpiceTlsEnd
{
    /// <summary>At the broker, which lets through what the token allows and nothing else.</summary>
    Broker,

    /// <summary>At QEMU, where it has a TLS port: the viewer judges QEMU's certificate itself, and the broker sees nothing of what is said.</summary>
    Qemu,
}
