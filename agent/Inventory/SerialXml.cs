using System.Globalization;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Turns the serial and console devices of a running domain into endpoints (libvirt: formatdomain, consoles and serial ports).</summary>
internal static class SerialXml
{
    public static IEnumerable<ConsoleEndpoint> Read(IEnumerable<DeviceElement> devices)
    {
        var lines = devices.Where(device => device.Name is "serial" or "console").ToList();
        var serials = lines.Count(device => device.Name == "serial");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);

        // Serials first: libvirt repeats the first of them as a <console> with the same alias.
        foreach (var line in lines.OrderByDescending(line => line.Name == "serial"))
        {
            var index = counts.GetValueOrDefault(line.Name);
            counts[line.Name] = index + 1;

            var alias = CheckedValue.Of("an alias", line.Child("alias", "name"), CheckedValue.MaxAlias);
            var mirrors = line.Name == "console" && (alias is null ? serials > 0 && line.Child("target", "type") is null or "serial" : seen.Contains(alias));

            // Two serials of one alias are not libvirt's doing: both are listed, and the reader refuses them.
            if (!mirrors && Endpoint(line, alias ?? string.Create(CultureInfo.InvariantCulture, $"{line.Name}{index}")) is { } endpoint)
            {
                yield return endpoint;
            }

            if (alias is not null)
            {
                seen.Add(alias);
            }
        }
    }

    /// <returns>The endpoint, or null where nobody can be at the other end: a file, a pipe, null.</returns>
    private static ConsoleEndpoint? Endpoint(DeviceElement line, string name)
    {
        var endpoint = new ConsoleEndpoint
        {
            Kind = ConsoleKind.Serial,
            Name = name,
            Transport = ConsoleTransport.None,
            LogFile = CheckedValue.Of($"{name}'s log file", line.Child("log", "file"), CheckedValue.MaxPath),
            Connects = line.Child("source", "mode") == "connect",
        };

        return line["type"] switch
        {
            "tcp" => endpoint with
            {
                Transport = ConsoleTransport.Tcp,
                Host = CheckedValue.Of($"{name}'s address", line.Child("source", "host"), CheckedValue.MaxName),
                Port = CheckedValue.Port($"{name}'s port", line.Child("source", "service")),
                Tls = line.Child("source", "tls") == "yes" || line.Child("protocol", "type") is "tls" or "telnets",
                Telnet = line.Child("protocol", "type") is "telnet" or "telnets",
            },
            "unix" => endpoint with
            {
                Transport = ConsoleTransport.Unix,
                Path = CheckedValue.Of($"{name}'s socket", line.Child("source", "path"), CheckedValue.MaxPath),
            },
            "pty" => endpoint with
            {
                Transport = ConsoleTransport.Pty,
                Path = CheckedValue.Of($"{name}'s terminal", line.Child("source", "path") ?? line["tty"], CheckedValue.MaxPath),
                Connects = false,
            },
            _ => null,
        };
    }
}
