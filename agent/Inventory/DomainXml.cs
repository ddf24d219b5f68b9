using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>What a domain's live XML says that matters here.</summary>
/// <param name="LiveId">libvirt's number of this run, or null when the XML is that of a domain that does not run.</param>
/// <param name="Consoles">Empty while the domain does not run: its XML then says what it would like, not what is.</param>
internal sealed record DomainXml(DomainId Id, string Name, int? LiveId, IReadOnlyList<ConsoleEndpoint> Consoles);

/// <summary>A domain's XML is not what libvirt writes, or not what we are willing to read. The message is the reason.</summary>
internal sealed class DomainXmlException(string message, Exception? inner = null) : Exception(message, inner);
