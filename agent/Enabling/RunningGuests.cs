using Consoles.Agent.Inventory;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Agent.Enabling;

/// <summary>Reads the guests that run now.</summary>
internal sealed class RunningGuests(DomainReader reader, IOptions<LibvirtOptions> options, TimeProvider clock)
{
    /// <exception cref="LibvirtException">libvirt does not answer, or refuses.</exception>
    public async Task<IReadOnlyList<DomainReport>> ReadAsync(CancellationToken cancellationToken) =>
        [.. (await DomainScan.ReadAsync(options.Value, reader, clock, cancellationToken)).Where(domain => domain.Incarnation is not null)];
}
