using Consoles.Agent.Inventory;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Agent.Relays;

/// <summary>Finds the serial console that a broker asks for, or says why there is none.</summary>
internal static class SerialRuns
{
    /// <returns>Its line; null where there is none yet.</returns>
    /// <exception cref="StreamOpenException">That run is over, or has no such console.</exception>
    public static GuestLine? Find(InventorySnapshot snapshot, SerialLines lines, Incarnation run, string console)
    {
        if (snapshot.Domains.GetValueOrDefault(run.Domain) is not { } domain || domain.Incarnation != run)
        {
            throw StreamOpenException.RunIsOver();
        }

        if (EndpointOf(domain, console) is not { } endpoint)
        {
            throw new StreamOpenException(StreamFault.NoSuchConsole, "The domain has no such console.");
        }

        return SerialConsoles.Refusal(endpoint) is { } refusal
            ? throw new StreamOpenException(StreamFault.NoSuchConsole, refusal)
            : lines.Find(run.Domain, console);
    }

    public static ConsoleEndpoint? EndpointOf(DomainReport domain, string console) => domain.Consoles.FirstOrDefault(endpoint => endpoint.Name == console);
}
