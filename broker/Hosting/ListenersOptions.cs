using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Hosting;

internal enum ListenerScheme
{
    Http,
    Https,
}

internal sealed class ListenersOptions
{
    public PeopleListenerOptions People { get; set; } = new();

    public AgentsListenerOptions Agents { get; set; } = new();

    /// <summary>Where agents are awaited. Unless it is said, the same reach as people have: a broker that was told nothing opens nothing to the network.</summary>
    public IPAddress AgentsAddress =>
        Agents.Address is { } address ? IPAddress.Parse(address)
        : IPAddress.IsLoopback(IPAddress.Parse(People.Address)) ? IPAddress.Loopback
        : IPAddress.Any;
}

/// <summary>The listener for browsers and programs.</summary>
internal sealed class PeopleListenerOptions : IValidatableObject
{
    [Required, IpAddress]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>0: any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 6080;

    /// <summary>Unless it is said: http on loopback, https elsewhere.</summary>
    public ListenerScheme? Scheme { get; set; }

    /// <summary>PEM: the certificate, then the authorities above it. Without one, https shows a certificate of the broker's own authority.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM, not encrypted.</summary>
    public string? KeyFile { get; set; }

    public ListenerScheme EffectiveScheme =>
        Scheme ?? (IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address) ? ListenerScheme.Http : ListenerScheme.Https);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EffectiveScheme == ListenerScheme.Http && IPAddress.TryParse(Address, out var address) && !IPAddress.IsLoopback(address))
        {
            yield return new ValidationResult($"plain http is for loopback alone, and the address is {Address}; tokens and keys would cross the network in clear.", [nameof(Scheme)]);
        }

        if (CertificateFile is null != KeyFile is null)
        {
            yield return new ValidationResult(
                $"a certificate and its key are given together. Found: '{CertificateFile}' and '{KeyFile}'.", [nameof(CertificateFile), nameof(KeyFile)]);
        }
        else if (CertificateFile is not null && ReadFault() is { } fault)
        {
            yield return new ValidationResult($"{fault} Found: '{CertificateFile}' and '{KeyFile}'.", [nameof(CertificateFile), nameof(KeyFile)]);
        }
    }

    private string? ReadFault()
    {
        try
        {
            X509Certificate2.CreateFromPemFile(CertificateFile!, KeyFile).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return e.Message;
        }
    }
}

/// <summary>The listener for agents: mutual TLS, always.</summary>
internal sealed class AgentsListenerOptions
{
    [IpAddress]
    public string? Address { get; set; }

    /// <summary>0: any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 6084;
}
