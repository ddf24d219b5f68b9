using System.Net;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova;

/// <summary>Those who were named as forwarding requests to this face. What they say of their clients is believed.</summary>
internal sealed class Forwarders(IOptions<NovaOptions> options)
{
    public const string Header = "X-Forwarded-For";

    private readonly HashSet<IPAddress> _named = [.. options.Value.ForwardedFrom.Select(IPAddress.Parse)];

    /// <summary>Whose wrong tokens these are. Else all clients of a forwarder would pay for those of one.</summary>
    /// <param name="remote">Whose connection it is.</param>
    /// <param name="said">What the request says in X-Forwarded-For: each forwarder adds at the end from whom it had it, and what stands before that anybody may have written.</param>
    public IPAddress? ClientOf(IPAddress? remote, IEnumerable<string> said)
    {
        var client = remote;

        foreach (var text in said.Reverse())
        {
            if (!IsNamed(client) || !IPAddress.TryParse(text, out var before))
            {
                break;
            }

            client = before;
        }

        return client;
    }

    public IPAddress? ClientOf(HttpContext context) => ClientOf(context.Connection.RemoteIpAddress, context.Request.Headers.GetCommaSeparatedValues(Header));

    /// <summary>Whether the scheme that it says a page was loaded by is believed.</summary>
    public bool Believes(IPAddress? remote) => remote is not null && (IPAddress.IsLoopback(remote) || IsNamed(remote));

    private bool IsNamed(IPAddress? address) => address is not null && _named.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
