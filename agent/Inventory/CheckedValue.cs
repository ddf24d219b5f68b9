using System.Globalization;

namespace Consoles.Agent.Inventory;

/// <summary>Takes a value out of domain XML only when it can be passed on as it is.</summary>
internal static class CheckedValue
{
    // libvirt names files after domains, and Linux ends a file name at 255 bytes.
    public const int MaxName = 255;

    // A console is called by its alias, in lists and in URLs; what the broker takes as a name ends here.
    public const int MaxAlias = 64;

    // PATH_MAX of Linux.
    public const int MaxPath = 4096;

    private const int MaxPort = 65535;

    public static string? Of(string what, string? value, int limit)
    {
        if (value is null)
        {
            return null;
        }

        if (value.Length > limit)
        {
            throw new DomainXmlException($"{what} has {value.Length} characters, more than {limit}.");
        }

        return Printable.HasHidden(value) ? throw new DomainXmlException($"{what} holds a character that cannot be seen: {Printable.Of(value, 80)}") : value;
    }

    /// <returns>The port, or null where libvirt writes that there is none: absent, 0 or -1.</returns>
    public static int? Port(string what, string? value) => value switch
    {
        null or "" or "0" or "-1" => null,
        _ when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= MaxPort => port,
        _ => throw new DomainXmlException($"{what} is not a port: {Printable.Of(value, 40)}"),
    };
}
