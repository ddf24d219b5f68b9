using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;
using Consoles.Common.Link;
using Consoles.Common.Serial;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>Joins a viewer to a guest's serial line: the one that the node's agent shares among all who look, or one of the broker's own where the console is dialled.</summary>
internal sealed class SerialConnector(RoutePolicy policy, IAgentStreams streams, DialledLines lines, TimeProvider clock, ILogger<SerialConnector> logger) : IKindConnector
{
    /// <summary>For the viewer, after the agent's own words.</summary>
    public const string ForceHelps = "An administrator may take it by force.";

    public ConsoleKind Kind => ConsoleKind.Serial;

    public async Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken)
    {
        if (target.Endpoint.Kind != ConsoleKind.Serial || target.Domain.Incarnation is not { } run)
        {
            throw new GuestException(GuestFailure.Unreachable, $"Console {target.Endpoint.Name} is not the serial console of a domain that runs.");
        }

        var mayWrite = grant.Rights != ConsoleRights.View;
        var force = grant.Rights == ConsoleRights.Force;

        if (force)
        {
            // Before the attempt: also one that fails may have thrown somebody out.
            logger.SerialForced(grant.User, grant.Id, target.Domain.Name, run.Domain, target.Endpoint.Name, target.Node.Name);
        }

        var choice = policy.Choose(target);

        if (choice.WhyNot is { } whyNot)
        {
            throw new GuestException(GuestFailure.Unreachable, whyNot);
        }

        if (choice.Direct is { } address)
        {
            return new SerialGuestEnd(await lines.JoinAsync(target, run, address, new SerialViewer(grant.User, mayWrite), cancellationToken), relayed: false, clock);
        }

        try
        {
            var source = new SerialSource(target.Endpoint.Name, grant.User, mayWrite, force);
            return new SerialGuestEnd(await streams.OpenAsync(target.Node.Name, run, source, cancellationToken), relayed: true, clock);
        }
        catch (AgentStreamException e) when (e.Fault == StreamFault.Held)
        {
            // libvirt takes a pseudo-terminal from whoever has it (VIR_DOMAIN_CONSOLE_FORCE). A socket is between QEMU and its client.
            throw target.Endpoint.Transport == ConsoleTransport.Pty && !force
                ? new GuestException(GuestFailure.Held, $"{e.Message} {ForceHelps}", e)
                : new GuestException(GuestFailure.InUse, e.Message, e);
        }
        catch (AgentStreamException e)
        {
            throw new GuestException(GuestFailure.Unreachable, e.Message, e);
        }
    }
}
