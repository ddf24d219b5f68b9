using System.ComponentModel.DataAnnotations;
using System.Net.Sockets;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

/// <summary>Which of the two ways to a console comes first. The other is taken where the first one is not there.</summary>
internal enum RoutePreference
{
    /// <summary>The node's agent opens the console there and carries it; the console's port needs to be open to nobody.</summary>
    Relayed,

    /// <summary>The broker dials the console's port itself.</summary>
    Direct,
}

/// <summary>How consoles are reached.</summary>
internal sealed class RouteOptions : IValidatableObject
{
    private const int MaxPath = 2048;

    public RoutePreference Default { get; set; } = RoutePreference.Relayed;

    /// <summary>By the name of the node.</summary>
    public Dictionary<string, RoutePreference> Nodes { get; set; } = [];

    /// <summary>By the UUID or the name of the domain; these come before those of the node.</summary>
    public Dictionary<string, RoutePreference> Domains { get; set; } = [];

    /// <summary>
    /// By the UUID or the name of the domain: the path by which something before its graphics consoles is asked for them, with CONNECT, once it was dialled
    /// (Nova's internal_access_path). Such a domain is dialled, whatever the rules above say.
    /// </summary>
    public Dictionary<string, string> InternalAccessPaths { get; set; } = [];

    /// <summary>Where a console listens on every address of a node that has addresses of both families, it is dialled at one of IPv6.</summary>
    public bool PreferIpv6 { get; set; }

    /// <summary>The path for this domain; null where it is dialled without one.</summary>
    public string? AccessPathOf(DomainReport domain) =>
        InternalAccessPaths.TryGetValue(domain.Id.ToString(), out var path) || InternalAccessPaths.TryGetValue(domain.Name, out path) ? path : null;

    /// <summary>The node with its addresses in the order in which they are chosen.</summary>
    public NodeIdentity Ordered(NodeIdentity node) =>
        PreferIpv6 ? node with { Addresses = [.. node.Addresses.OrderBy(address => address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 ? 0 : 1)] } : node;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (InternalAccessPaths.FirstOrDefault(path => !path.Value.All(c => c is > ' ' and < '\x7f') || path.Value.Length is 0 or > MaxPath) is { Key: { } domain })
        {
            yield return new ValidationResult($"the path of {domain} is empty, too long, or has blanks or other characters that a request's line has no room for.", [nameof(InternalAccessPaths)]);
        }
    }
}
