using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Reads the node once, over a connection that lives no longer than that.</summary>
internal static class DomainScan
{
    /// <returns>By name.</returns>
    /// <exception cref="LibvirtException">libvirt does not answer, or refuses.</exception>
    public static async Task<IReadOnlyList<DomainReport>> ReadAsync(LibvirtOptions options, DomainReader reader, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        string? unresponsive = null;

        try
        {
            // Read-only: no secret is needed, and so anyone who may look at the node's guests may read it.
            await using var connection = await LibvirtConnection.OpenAsync(
                options,
                readOnly: true,
                reason =>
                {
                    unresponsive = reason;
                    limit.Cancel();
                },
                clock,
                limit.Token);

            var readings = await reader.ReadAllAsync(connection, limit.Token);
            return [.. readings.Select(reading => reading.Report).OfType<DomainReport>().OrderBy(domain => domain.Name, StringComparer.Ordinal)];
        }
        catch (OperationCanceledException) when (unresponsive is not null)
        {
            throw new LibvirtException(unresponsive);
        }
    }
}
