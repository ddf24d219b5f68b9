using System.Security.Cryptography.X509Certificates;

namespace Consoles.Broker.Viewers.Files;

/// <summary>A certificate's subject as SPICE clients compare it: its parts in the order in which the certificate has them, as O=Example,CN=host.</summary>
internal static class HostSubject
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
    };

    /// <summary>Null where it has parts that clients do not know by name, or none: they compare the host's name then.</summary>
    public static string? Of(X500DistinguishedName subject)
    {
        var parts = new List<string>();

        foreach (var part in subject.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements || part.GetSingleElementType().Value is not { } oid || !Names.TryGetValue(oid, out var name) || part.GetSingleElementValue() is not { } value)
            {
                return null;
            }

            parts.Add($"{name}={value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)}");
        }

        return parts.Count == 0 ? null : string.Join(',', parts);
    }
}
