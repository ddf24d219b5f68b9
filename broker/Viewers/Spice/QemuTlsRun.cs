using Consoles.Broker.Nodes;
using Consoles.Broker.Sessions;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Viewers.Spice;

/// <summary>Sessions whose TLS ends at QEMU, where policy wants that and the guest has a TLS port.</summary>
internal sealed class QemuTlsRun(ConsoleDirectory directory, IGuestConnector guests, IGuestRoutes routes, IOptions<ViewersOptions> options, TimeProvider clock, IServiceProvider services)
{
    public SessionRun Run { get; } = ActivatorUtilities.CreateInstance<SessionRun>(services, new QemuTlsConnector(guests, routes, clock));

    public bool Serves(ConsoleGrant grant) => directory.Find(grant.Incarnation, grant.Console) is { } target && Serves(target.Endpoint);

    public bool Serves(ConsoleEndpoint endpoint) => options.Value.Spice.Tls == SpiceTlsEnd.Qemu && endpoint is { Kind: ConsoleKind.Spice, TlsPort: not null };
}
