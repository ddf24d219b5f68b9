using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Sessions;

/// <summary>Hands each console to the connector of its kind.</summary>
internal sealed class GuestConnectors(IEnumerable<IKindConnector> kinds) : IGuestConnector
{
    private readonly IReadOnlyList<IKindConnector> _kinds = [.. kinds];

    public Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken) =>
        _kinds.FirstOrDefault(connector => connector.Kind == target.Endpoint.Kind) is { } connector
            ? connector.ConnectAsync(target, grant, cancellationToken)
            : throw new GuestException(GuestFailure.Unreachable, $"This broker opens no {target.Endpoint.Kind} consoles.");
}
