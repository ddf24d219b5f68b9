using System.Text.Json;
using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Reporting;

/// <summary>Works out what a broker must be told, from what it knows and what is so.</summary>
internal static class ReportDelta
{
    /// <param name="known">The snapshot that the broker accepted last on this link, or null when nothing can be taken for granted.</param>
    public static NodeReport Between(InventorySnapshot? known, InventorySnapshot now, long generation) => known is null || HasSeenAgain(known, now)
        ? new NodeReport { Generation = generation, Whole = true, Libvirt = now.Libvirt, Domains = [.. now.Domains.Values], Certificates = now.Certificates }
        : new NodeReport
        {
            Generation = generation,
            Whole = false,
            Libvirt = now.Libvirt,
            Domains = [.. now.Domains.Values.Where(domain => !IsKnown(known, domain))],
            Gone = [.. known.Domains.Keys.Where(id => !now.Domains.ContainsKey(id))],
            Certificates = SaysTheSame(known.Certificates, now.Certificates) ? null : now.Certificates,
        };

    // A broker keeps what it knew of a node whose agent is blind, so what is gone by then is not in our arithmetic.
    private static bool HasSeenAgain(InventorySnapshot known, InventorySnapshot now) => !known.Libvirt.Connected && now.Libvirt.Connected;

    private static bool IsKnown(InventorySnapshot known, DomainReport domain) =>
        known.Domains.TryGetValue(domain.Id, out var before) && (ReferenceEquals(before, domain) || SaysTheSame(before, domain));

    // Records compare their lists by reference. What counts is what the broker would read, so that is what is compared.
    private static bool SaysTheSame(NodeCertificates? one, NodeCertificates? other) =>
        ReferenceEquals(one, other)
        || JsonSerializer.SerializeToUtf8Bytes(one, ReportJson.Default.NodeCertificates)
            .AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, ReportJson.Default.NodeCertificates));

    private static bool SaysTheSame(DomainReport one, DomainReport other) =>
        JsonSerializer.SerializeToUtf8Bytes(one, ReportJson.Default.DomainReport)
            .AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, ReportJson.Default.DomainReport));
}
