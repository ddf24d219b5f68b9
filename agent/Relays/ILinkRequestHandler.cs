using Consoles.Agent.Identity;
using Consoles.Common.Link;

namespace Consoles.Agent.Relays;

/// <summary>Does what the broker asks for on the link, beside the reports.</summary>
internal interface ILinkRequestHandler
{
    bool Handles(LinkRequest request);

    /// <param name="identity">Whose link it is: what is dialled back is dialled under the same.</param>
    /// <returns>The answer; null when a stream is the answer. Never throws but for <paramref name="cancellationToken"/>: whatever goes wrong is the reason in it.</returns>
    Task<LinkAnswer?> HandleAsync(LinkRequest request, AgentIdentity identity, CancellationToken cancellationToken);
}
