using System.Collections.Concurrent;
using System.Diagnostics;
using Consoles.Agent.Libvirt;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>What reading one domain brought.</summary>
/// <param name="Report">The domain, or null when there is no such domain any more.</param>
/// <param name="Again">libvirt did not give it this time, which may be different soon.</param>
internal readonly record struct DomainReading(DomainId Id, DomainReport? Report, bool Again = false);

/// <summary>Puts together what libvirt, the domain's XML and /proc say of a domain. A domain that cannot be read never hides another.</summary>
internal sealed class DomainReader(Incarnations incarnations)
{
    // Each attempt in which the domain was restarted under our eyes costs a few calls.
    private const int MaxAttempts = 3;

    /// <exception cref="LibvirtException">There is no list; a single domain's failure is in its report instead.</exception>
    public async Task<IReadOnlyCollection<DomainReading>> ReadAllAsync(LibvirtConnection connection, CancellationToken cancellationToken) =>
        await ReadAsync(connection, await connection.ListAsync(cancellationToken), cancellationToken);

    public async Task<IReadOnlyCollection<DomainReading>> ReadAsync(LibvirtConnection connection, IEnumerable<DomainId> domains, CancellationToken cancellationToken)
    {
        var read = new ConcurrentBag<DomainReading>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = LibvirtThreads.Count, CancellationToken = cancellationToken };

        await Parallel.ForEachAsync(domains, parallel, async (id, token) => read.Add(await ReadAsync(connection, id, token)));

        return read;
    }

    private async Task<DomainReading> ReadAsync(LibvirtConnection connection, DomainId id, CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                if (await connection.ReadAsync(id, cancellationToken) is not { } live)
                {
                    return new DomainReading(id, Report: null);
                }

                var report = Assemble(live, Stopwatch.GetTimestamp());

                // XML and process were looked at one after the other. They belong together when the run is still the same.
                if (report is not null && await connection.LiveIdAsync(id, cancellationToken) == live.LiveId)
                {
                    // Its start is an event; should that be missed, it is looked at again soon.
                    return new DomainReading(id, report, Again: live.Starting);
                }
            }

            return Refused(id, "The domain starts and stops faster than it can be read.");
        }
        catch (LibvirtException fault) when (connection.IsOpen)
        {
            return Refused(id, fault.Message);
        }
    }

    /// <returns>The report, or null when the XML is that of another run.</returns>
    private DomainReport? Assemble(LiveDomain live, long asOf)
    {
        var report = new DomainReport { Id = live.Id, Name = Printable.Of(live.Name, CheckedValue.MaxName), State = live.State };

        // While it is being started, its process may not be QEMU yet: it would be told as one run now and as another a moment later, and what was issued for the first be refused.
        if (live is not { LiveId: { } liveId, Xml: { } text, Starting: false })
        {
            return report;
        }

        report = report with { Incarnation = incarnations.Find(live.Id, live.Name, liveId, asOf) };

        try
        {
            var xml = DomainXmlReader.Read(text);
            return xml.LiveId == liveId ? report with { Name = xml.Name, Consoles = xml.Consoles } : null;
        }
        catch (DomainXmlException fault)
        {
            return report with { Refusal = fault.Message };
        }
    }

    private static DomainReading Refused(DomainId id, string reason) =>
        new(id, new DomainReport { Id = id, Name = id.ToString(), State = "nostate", Refusal = reason }, Again: true);
}
