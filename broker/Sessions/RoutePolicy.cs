using System.Net;
using Consoles.Broker.Nodes;
using Consoles.Common.Inventory;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Sessions;

/// <summary>Chooses how a console is reached, for lists and for sessions alike.</summary>
internal sealed class RoutePolicy(IOptions<RouteOptions> options, IAgentStreams streams)
{
    /// <summary>The way there is, or why there is none.</summary>
    public RouteChoice Choose(ConsoleTarget target)
    {
        var endpoint = target.Endpoint;
        var agent = streams.AgentOf(target.Node.Name) is not null;
        var address = Address(target, agent, out var whyNot);

        return (Preference(target), agent && !endpoint.Connects, address) switch
        {
            (RoutePreference.Direct, _, not null) or (_, false, not null) => new RouteChoice(Direct: address, WithoutAgent: !agent),
            (_, true, _) => new RouteChoice(Relayed: true),
            _ when endpoint.Connects => new RouteChoice(WhyNot: "QEMU dials out there instead of listening, so it cannot be opened from here."),
            _ => new RouteChoice(WhyNot: $"The agent of node {target.Node.Name} is not connected, and without it: {whyNot}"),
        };
    }

    private RoutePreference Preference(ConsoleTarget target)
    {
        var rules = options.Value;

        if (rules.AccessPathOf(target.Domain) is not null && target.Endpoint.Kind != ConsoleKind.Serial)
        {
            return RoutePreference.Direct;
        }

        return rules.Domains.TryGetValue(target.Domain.Id.ToString(), out var preference)
            || rules.Domains.TryGetValue(target.Domain.Name, out preference)
            || rules.Nodes.TryGetValue(target.Node.Name, out preference)
                ? preference
                : rules.Default;
    }

    private IPEndPoint? Address(ConsoleTarget target, bool agent, out string? whyNot)
    {
        var node = options.Value.Ordered(target.Node);

        // SPICE may have its TLS port alone.
        var door = target.Endpoint is { Port: null, TlsPort: not null } ? GuestDoor.Tls : GuestDoor.Plain;

        whyNot = target switch
        {
            // The run may be over and the port another's by now. VNC and SPICE guests say who they are before anything is shown; of a serial line the agent has to.
            { Endpoint.Kind: ConsoleKind.Serial } when !agent => "Nothing would prove whose console answers.",
            { Endpoint.Connects: true } => "QEMU dials out there.",
            _ => DialAddress.WhyNot(target.Endpoint, node, door),
        };

        return whyNot is null ? DialAddress.Of(target.Endpoint, node, door) : null;
    }
}

/// <summary>How a console is reached: exactly one of the three.</summary>
/// <param name="Relayed">The node's agent carries it.</param>
/// <param name="Direct">The broker dials this: the port without TLS of its own where there are two.</param>
/// <param name="WithoutAgent">It is dialled while the agent is gone: what the agent found out about it may have changed.</param>
/// <param name="WhyNot">It is not reached, and why, in words.</param>
internal sealed record RouteChoice(bool Relayed = false, IPEndPoint? Direct = null, bool WithoutAgent = false, string? WhyNot = null);
