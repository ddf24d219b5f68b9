using System.Net;
using Consoles.Broker.Authority;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Access;

/// <summary>Knows which Host a request of people's may name.</summary>
internal sealed class HostNames(IOptions<AccessOptions> options, IOptions<AuthorityOptions> authority)
{
    private readonly HashSet<string> _names = new([.. options.Value.HostNames, .. authority.Value.Names, "localhost", "127.0.0.1", "[::1]"], StringComparer.OrdinalIgnoreCase);

    public bool Knows(HttpContext context)
    {
        var host = context.Request.Host.Host;

        // An address cannot be made to resolve to us as a foreign name can; the one the connection arrived at is ours.
        return _names.Contains(host)
            || (IPAddress.TryParse(host, out var address)
                && context.Connection.LocalIpAddress is { } local
                && address.Equals(local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local));
    }
}
