using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Consoles.Broker.Hosting;

/// <summary>Where the broker really listens, once it has started: port 0 has become a port.</summary>
internal sealed class BoundListeners
{
    private ListenOptions? _people;
    private ListenOptions? _agents;

    public IPEndPoint People => _people?.IPEndPoint ?? throw new InvalidOperationException("The broker has not started.");

    public IPEndPoint Agents => _agents?.IPEndPoint ?? throw new InvalidOperationException("The broker has not started.");

    internal void Keep(ListenOptions people, ListenOptions agents) => (_people, _agents) = (people, agents);
}
