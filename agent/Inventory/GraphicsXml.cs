using System.Globalization;
using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Turns the graphics devices of a running domain into endpoints (libvirt: formatdomain, graphical framebuffers).</summary>
internal static class GraphicsXml
{
    public static IEnumerable<ConsoleEndpoint> Read(IEnumerable<DeviceElement> devices) =>
        Named(devices).Select(graphics => Endpoint(graphics.Device, graphics.Kind, graphics.Name));

    /// <summary>The graphics console of that name; null when the domain has none such.</summary>
    /// <exception cref="DomainXmlException">What the XML says of it was refused.</exception>
    public static GraphicsPlace? Find(IEnumerable<DeviceElement> devices, string name)
    {
        var all = devices.Where(device => device.Name == "graphics").ToList();
        var found = Named(all).FirstOrDefault(graphics => graphics.Name == name);
        return found.Device is null ? null : new GraphicsPlace(all.IndexOf(found.Device), Endpoint(found.Device, found.Kind, found.Name));
    }

    /// <summary>Graphics have no alias, so they are named by kind and counted: vnc0, spice0.</summary>
    internal static IEnumerable<(DeviceElement Device, ConsoleKind Kind, string Name)> Named(IEnumerable<DeviceElement> devices)
    {
        var counts = new Dictionary<ConsoleKind, int>();

        foreach (var device in devices.Where(device => device.Name == "graphics"))
        {
            // sdl, desktop, egl-headless and dbus are no consoles that could be reached from elsewhere.
            ConsoleKind? kind = device["type"] switch { "vnc" => ConsoleKind.Vnc, "spice" => ConsoleKind.Spice, _ => null };

            if (kind is { } known)
            {
                var index = counts.GetValueOrDefault(known);
                counts[known] = index + 1;
                yield return (device, known, string.Create(CultureInfo.InvariantCulture, $"{device["type"]}{index}"));
            }
        }
    }

    private static ConsoleEndpoint Endpoint(DeviceElement graphics, ConsoleKind kind, string name)
    {
        var listen = graphics.Child("listen", "type");
        var socket = graphics.Child("listen", "socket") ?? graphics["socket"];
        var address = graphics.Child("listen", "address") ?? graphics["listen"];

        var transport = listen switch
        {
            "address" or "network" => ConsoleTransport.Tcp,
            "socket" => ConsoleTransport.Unix,
            "none" => ConsoleTransport.None,
            null => socket is null ? ConsoleTransport.Tcp : ConsoleTransport.Unix,
            _ => throw new DomainXmlException($"{name} listens in a way that is not known: {Printable.Of(listen, 40)}"),
        };

        var endpoint = new ConsoleEndpoint
        {
            Kind = kind,
            Name = name,
            Transport = transport,
            // Only the secure XML shows that there is a password. Without it, an end of its validity gives it away;
            // what a real handshake asked for is the better witness, and is added where readiness is joined.
            PasswordSet = graphics["passwd"] is not null || graphics["passwdValidTo"] is not null,
            SharePolicy = CheckedValue.Of($"{name}'s sharePolicy", graphics["sharePolicy"], CheckedValue.MaxName),
            Keymap = CheckedValue.Of($"{name}'s keymap", graphics["keymap"], CheckedValue.MaxName),
        };

        return transport switch
        {
            ConsoleTransport.Tcp => endpoint with
            {
                Host = CheckedValue.Of($"{name}'s listen address", address, CheckedValue.MaxName),
                Port = CheckedValue.Port($"{name}'s port", graphics["port"]),
                TlsPort = CheckedValue.Port($"{name}'s tlsPort", graphics["tlsPort"]),
                WebSocketPort = CheckedValue.Port($"{name}'s websocket", graphics["websocket"]),
            },
            ConsoleTransport.Unix => endpoint with
            {
                Path = CheckedValue.Of($"{name}'s socket", socket, CheckedValue.MaxPath),
                WebSocketPort = CheckedValue.Port($"{name}'s websocket", graphics["websocket"]),
            },
            _ => endpoint,
        };
    }
}

/// <summary>Where a graphics console is.</summary>
/// <param name="Index">Its number among all graphics of the domain, as virDomainOpenGraphicsFD counts them; null where it is not known.</param>
internal sealed record GraphicsPlace(int? Index, ConsoleEndpoint Endpoint);
