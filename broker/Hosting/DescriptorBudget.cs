namespace Consoles.Broker.Hosting;

/// <summary>How many connections of each sort this process may have. A Kestrel that runs out of descriptors aborts, so each sort is refused before that.</summary>
internal sealed class DescriptorBudget
{
    // The runtime, assemblies, the store, logs, and connections between accept and refusal.
    private const int Reserve = 200;
    private const int Listeners = 2;
    private const int FewestUseful = 128;

    /// <exception cref="StartException">There are too few descriptors to work with.</exception>
    /// <param name="more">Groups of further listeners beside those for people and agents; each group counts as one.</param>
    public DescriptorBudget(long openFiles, int more = 0)
    {
        var listeners = Listeners + more;
        var usable = openFiles - Reserve;

        if (usable < FewestUseful)
        {
            throw new StartException($"This process may open {openFiles} files; the broker needs {Reserve + FewestUseful} at the least. Raise the limit (ulimit -Hn, LimitNOFILE=).");
        }

        // An eighth for links of agents, a quarter for connections that are not upgraded (Kestrel counts them by listener),
        // and of the rest two for each session: the viewer's and the guest's.
        Links = (int)(usable / 8);
        Connections = (int)(usable / 4 / Listeners);
        Sessions = (int)((usable - Links - (Connections * listeners)) / 2);
    }

    /// <summary>Sessions at once, whatever their state. One more is answered 503.</summary>
    public int Sessions { get; }

    /// <summary>Links of agents at once.</summary>
    public int Links { get; }

    /// <summary>Connections of each listener that are not, or not yet, upgraded. One more is closed at once.</summary>
    public int Connections { get; }
}
