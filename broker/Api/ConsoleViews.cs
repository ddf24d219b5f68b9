using System.Security.Claims;
using Consoles.Broker.Access;
using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Api;

/// <summary>A domain with its consoles, as the API shows it to somebody.</summary>
internal sealed class ConsoleViews(ConsoleDirectory directory, RoutePolicy routes, IOptions<GuestTlsOptions> tls)
{
    public DomainAnswer Of(NodeEntry node, DomainReport domain, ClaimsPrincipal user)
    {
        var heard = directory.IsHeardOf(node);
        var forAdmin = Caller.Of(user).IsAtLeast(ApiRole.Admin);

        return new DomainAnswer(
            domain.Id,
            domain.Name,
            node.Identity.Name,
            heard,
            domain.State,
            domain.Consoles.Count,
            domain.Refusal,
            [.. domain.Consoles.Select(console => ConsoleView.Of(new ConsoleTarget(node.Identity, domain, console, heard), routes, tls.Value, forAdmin))]);
    }
}
