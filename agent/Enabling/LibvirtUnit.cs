using Consoles.Agent.Systemd;

namespace Consoles.Agent.Enabling;

/// <summary>The systemd unit of the daemon that starts this node's guests.</summary>
internal static class LibvirtUnit
{
    // A node with the modular daemons may have the other one installed as well, stopped.
    private static readonly string[] Names = ["virtqemud", "libvirtd"];

    /// <returns>The service that runs, or else the one whose socket would start it; null when there is neither.</returns>
    /// <exception cref="SystemdException">systemd could not be asked.</exception>
    public static async Task<UnitState?> FindAsync()
    {
        var services = new List<UnitState>();

        foreach (var name in Names)
        {
            if (await SystemdUnits.FindAsync($"{name}.service") is { IsLoaded: true } service)
            {
                services.Add(service);
            }
        }

        foreach (var service in services)
        {
            if (service.IsUp)
            {
                return service;
            }
        }

        foreach (var service in services)
        {
            if (await SystemdUnits.FindAsync(Socket(service.Name)) is { IsLoaded: true, IsUp: true })
            {
                return service;
            }
        }

        return null;
    }

    /// <summary>Has the service and its sockets forget that they failed, which would forbid to start them.</summary>
    /// <exception cref="SystemdException">systemd could not be asked.</exception>
    public static async Task ForgetFailureAsync(string service)
    {
        string[] units = [service, Socket(service), Socket(service, "-ro"), Socket(service, "-admin")];

        foreach (var unit in units)
        {
            if (await SystemdUnits.FindAsync(unit) is { ActiveState: "failed" })
            {
                await SystemdUnits.ForgetFailureAsync(unit);
            }
        }
    }

    private static string Socket(string service, string kind = "") => service.Replace(".service", $"{kind}.socket", StringComparison.Ordinal);
}
