using Consoles.Common.Inventory;

namespace Consoles.Agent.Inventory;

/// <summary>Reads the password that QEMU asks viewers of one console for.</summary>
internal interface IConsolePasswordReader
{
    /// <returns>The password, or null when that run of the domain is over or the console has none.</returns>
    /// <exception cref="Consoles.Agent.Libvirt.LibvirtException">libvirt did not give it.</exception>
    Task<string?> ReadAsync(Incarnation incarnation, string console, CancellationToken cancellationToken);
}
