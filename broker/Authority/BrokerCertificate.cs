using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Authority;

/// <summary>The certificate under which agents know this broker, and browsers that were given the fleet's root.</summary>
internal sealed class BrokerCertificate(AuthorityRoots roots, IOptions<AuthorityOptions> options, TimeProvider clock, ILogger<BrokerCertificate> log) : RenewedCertificate(clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);

    protected override X509Certificate2 Issue(DateTimeOffset now)
    {
        var given = options.Value.Names.ToLookup(name => IPAddress.TryParse(name, out _));
        var host = Environment.MachineName.ToLowerInvariant();
        List<string> names = [.. given[false], .. DnsName.IsValid(host) ? [host] : Array.Empty<string>(), "localhost"];
        List<IPAddress> addresses = [.. given[true].Select(IPAddress.Parse), IPAddress.Loopback, IPAddress.IPv6Loopback];

        var certificate = Issuing.MakeServer(roots.Fleet, [.. names.Distinct()], [.. addresses.Distinct()], now, Life);
        log.OwnCertificateIssued("server", certificate.SerialNumber, certificate.NotAfter.ToUniversalTime());
        return certificate;
    }
}
