using System.Net;

namespace Consoles.Broker.Nodes;

/// <summary>A node as the store has it.</summary>
/// <param name="Addresses">Given at the invitation; often none.</param>
/// <param name="Epoch">Of the latest agent that spoke for the node; 0 when none has.</param>
/// <param name="EnrolledAt">Null while only invited. Certificates issued before it are refused.</param>
internal sealed record EnrolledNode(
    string Name, IReadOnlyList<IPAddress> Addresses, long Epoch, DateTimeOffset InvitedAt, DateTimeOffset? EnrolledAt, DateTimeOffset? RemovedAt)
{
    public string State => RemovedAt is not null ? "removed" : EnrolledAt is null ? "invited" : "enrolled";
}
