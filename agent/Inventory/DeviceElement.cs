using System.Xml;

namespace Consoles.Agent.Inventory;

/// <summary>A device of a domain: its attributes and those of its direct children. What lies deeper no console needs.</summary>
internal sealed class DeviceElement
{
    // A console has at most half a dozen children.
    private const int MaxChildren = 64;

    private readonly List<KeyValuePair<string, Dictionary<string, string>>> _children = [];
    private readonly Dictionary<string, string> _attributes;

    private DeviceElement(string name, Dictionary<string, string> attributes) => (Name, _attributes) = (name, attributes);

    /// <summary>graphics, serial or console.</summary>
    public string Name { get; }

    public string? this[string attribute] => _attributes.GetValueOrDefault(attribute);

    /// <returns>An attribute of the first child of that name, or null.</returns>
    public string? Child(string name, string attribute) => _children.Find(child => child.Key == name).Value?.GetValueOrDefault(attribute);

    public bool HasChild(string name) => _children.Exists(child => child.Key == name);

    /// <summary>Reads the element that the reader stands on, and leaves the reader after it.</summary>
    internal static DeviceElement Read(XmlReader reader, Func<XmlReader, bool> advance)
    {
        var device = new DeviceElement(reader.Name, Attributes(reader));
        var depth = reader.Depth;
        var empty = reader.IsEmptyElement;

        while (advance(reader) && !empty && reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Depth == depth + 1)
            {
                if (device._children.Count == MaxChildren)
                {
                    throw new DomainXmlException($"A <{device.Name}> has more than {MaxChildren} children.");
                }

                device._children.Add(new(reader.Name, Attributes(reader)));
            }
        }

        return device;
    }

    private static Dictionary<string, string> Attributes(XmlReader reader)
    {
        var attributes = new Dictionary<string, string>(reader.AttributeCount, StringComparer.Ordinal);

        while (reader.MoveToNextAttribute())
        {
            attributes[reader.Name] = reader.Value;
        }

        reader.MoveToElement();
        return attributes;
    }
}
