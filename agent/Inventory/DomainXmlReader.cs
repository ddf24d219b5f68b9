using System.Globalization;
using System.Xml;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Reads the consoles out of a domain's live XML (libvirt: formatdomain). Pure: text in, facts or a reason out.</summary>
/// <remarks>
/// Names, descriptions and metadata in that XML come from whoever may define guests, so nothing in it is trusted:
/// no DTD, nothing fetched, and every size has a limit.
/// </remarks>
internal static class DomainXmlReader
{
    internal const int MaxCharacters = 4 * 1024 * 1024;

    internal const int MaxDepth = 64;

    // QEMU takes 4 ISA serial ports and some dozens of others. Without a limit, one domain fills the node's report.
    internal const int MaxConsoles = 64;

    /// <exception cref="DomainXmlException">The XML was refused; the message says why.</exception>
    public static DomainXml Read(string xml)
    {
        var domain = ReadDevices(xml);

        if (domain.LiveId is null)
        {
            return new DomainXml(domain.Id, domain.Name, LiveId: null, Consoles: []);
        }

        var consoles = GraphicsXml.Read(domain.Devices).Concat(SerialXml.Read(domain.Devices)).ToList();

        if (consoles.Count > MaxConsoles)
        {
            throw TooManyConsoles();
        }

        if (consoles.DistinctBy(console => console.Name).Count() != consoles.Count)
        {
            throw new DomainXmlException("Two consoles have the same alias.");
        }

        return new DomainXml(domain.Id, domain.Name, domain.LiveId, consoles);
    }

    internal static DomainDevices ReadDevices(string xml)
    {
        if (xml.Length > MaxCharacters)
        {
            throw new DomainXmlException($"The XML has {xml.Length} characters, more than {MaxCharacters}.");
        }

        try
        {
            using var text = new StringReader(xml);
            using var reader = XmlReader.Create(text, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = MaxCharacters,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                IgnoreWhitespace = true,
            });

            return ReadDomain(reader);
        }
        catch (XmlException fault)
        {
            // The message may quote the document.
            throw new DomainXmlException($"The XML is not well formed or not allowed: {Printable.Of(fault.Message, 300)}", fault);
        }
    }

    private static DomainDevices ReadDomain(XmlReader reader)
    {
        string? uuid = null;
        string? name = null;
        int? liveId = null;
        var inDevices = false;
        var devices = new List<DeviceElement>();

        for (var more = Advance(reader); more;)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                more = Advance(reader);
                continue;
            }

            switch (reader.Depth)
            {
                case 0 when reader.LocalName != "domain":
                    throw new DomainXmlException($"The XML is that of a <{Printable.Of(reader.LocalName, 40)}>, not of a <domain>.");

                case 0:
                    liveId = LiveId(reader.GetAttribute("id"));
                    break;

                case 1:
                    inDevices = reader.Name == "devices";

                    if (reader.Name is "uuid" or "name")
                    {
                        _ = reader.Name == "uuid" ? uuid = Text(reader) : name = Text(reader);
                        continue;
                    }

                    break;

                case 2 when inDevices && reader.Name is "graphics" or "serial" or "console":
                    devices.Add(DeviceElement.Read(reader, Advance));

                    // Twice, because libvirt may write a serial line down as a console as well.
                    if (devices.Count > 2 * MaxConsoles)
                    {
                        throw TooManyConsoles();
                    }

                    continue;
            }

            more = Advance(reader);
        }

        if (!DomainId.TryParse(uuid, null, out var id))
        {
            throw new DomainXmlException("The XML has no UUID.");
        }

        return new DomainDevices(id, CheckedValue.Of("the name", name, CheckedValue.MaxName) ?? throw new DomainXmlException("The XML has no name."), liveId, devices);
    }

    private static DomainXmlException TooManyConsoles() => new($"The domain has more than {MaxConsoles} consoles.");

    // The depth is checked at every node: a document of 100,000 nested elements ends at the 65th.
    private static bool Advance(XmlReader reader)
    {
        var more = reader.Read();

        return reader.Depth <= MaxDepth ? more : throw new DomainXmlException($"The XML is nested deeper than {MaxDepth} elements.");
    }

    /// <summary>The text of the present element, which holds nothing else; the reader then stands after its end tag.</summary>
    private static string Text(XmlReader reader) => reader.ReadElementContentAsString();

    private static int? LiveId(string? attribute) => attribute switch
    {
        null => null,
        _ when int.TryParse(attribute, NumberStyles.None, CultureInfo.InvariantCulture, out var id) => id,
        _ => throw new DomainXmlException($"The domain's id is not a number: {Printable.Of(attribute, 40)}"),
    };
}

/// <summary>A domain with its console devices as they stand in the XML.</summary>
internal sealed record DomainDevices(DomainId Id, string Name, int? LiveId, IReadOnlyList<DeviceElement> Devices);
