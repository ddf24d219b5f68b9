using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Security.Cryptography;
using Consoles.Common.Tls;

namespace Consoles.Broker.Authority;

internal sealed class AuthorityOptions : IValidatableObject
{
    /// <summary>DNS names and IP addresses by which agents and browsers know this broker, beside its host name, localhost and the loopback addresses.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];

    /// <summary>Whether nodes get the certificates that their QEMUs serve from this broker. False: a PKI made by hand is in use.</summary>
    public bool HostCertificates { get; set; } = true;

    /// <summary>How long such a certificate is good. QEMU starts no guest with one that has expired, so a longer one lets the broker be away for longer.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "90.00:00:00")]
    public TimeSpan HostLife { get; set; } = TimeSpan.FromDays(7);

    /// <summary>A program that has another authority issue them: PKCS#10 on its standard input, the chain in PEM on its output. Unset: the broker's own.</summary>
    public string? HostCommand { get; set; }

    /// <summary>The roots of that other authority, PEM. Only with <see cref="HostCommand"/>.</summary>
    public string? HostCommandCaFile { get; set; }

    /// <summary>
    /// Takes certificates for several nodes from one issuing authority, or from a root itself. QEMU accepts as a client whatever that authority signed,
    /// so each node's certificate opens every other node's consoles then. Only with <see cref="HostCommand"/>.
    /// </summary>
    public bool HostCommandSharedIssuer { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var name in Names.Where(name => !IPAddress.TryParse(name, out _) && !DnsName.IsValid(name)))
        {
            yield return new ValidationResult($"'{name}' is neither a DNS name in lower case nor an IP address.", [nameof(Names)]);
        }

        if (HostCommand is null != HostCommandCaFile is null)
        {
            yield return new ValidationResult("A command and the roots of its authority are given together, or neither is.", [nameof(HostCommand), nameof(HostCommandCaFile)]);
        }

        foreach (var (name, path) in new[] { (nameof(HostCommand), HostCommand), (nameof(HostCommandCaFile), HostCommandCaFile) })
        {
            if (path is not null && !File.Exists(path))
            {
                yield return new ValidationResult($"There is no such file. Found: {path}.", [name]);
            }
            else if (path is not null && name == nameof(HostCommandCaFile) && FaultOf(path) is { } fault)
            {
                yield return new ValidationResult($"{fault} Found: {path}.", [name]);
            }
        }

        if (HostCommandSharedIssuer && HostCommand is null)
        {
            yield return new ValidationResult("Without a command, each node has an authority of its own, and none is shared.", [nameof(HostCommandSharedIssuer)]);
        }
    }

    private static string? FaultOf(string roots)
    {
        try
        {
            _ = PeerTrust.FromPem(File.ReadAllText(roots), TimeProvider.System);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return e.Message;
        }
    }
}
