using Consoles.Common.Inventory;

namespace Consoles.Agent.Libvirt;

/// <summary>A domain as libvirt had it at one moment.</summary>
/// <param name="LiveId">libvirt's number of the present run, or null while the domain does not run.</param>
/// <param name="State">libvirt's word for virDomainState.</param>
/// <param name="Xml">The live XML, without secrets, or null while the domain does not run.</param>
/// <param name="Starting">libvirt is still at starting it (VIR_DOMAIN_PAUSED_STARTING_UP): its process may not be QEMU yet, and not all of its consoles be there.</param>
internal sealed record LiveDomain(DomainId Id, string Name, int? LiveId, string State, string? Xml, bool Starting);
