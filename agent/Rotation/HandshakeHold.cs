using Consoles.Agent.Identity;
using Consoles.Common.Inventory;
using Consoles.Common.Link;

namespace Consoles.Agent.Rotation;

/// <summary>Has the broker begin no handshake with a console for a moment (<see cref="LinkPaths.Hold"/>).</summary>
internal sealed class HandshakeHold(CurrentIdentity current)
{
    /// <returns>False: the broker is not there, or a handshake of its own did not end in time. It may be in one now.</returns>
    public Task<bool> TryTakeAsync(Incarnation run, string console, CancellationToken cancellationToken) => PostAsync(new HoldRequest(run, console), cancellationToken);

    /// <summary>The hold is over. One that could not be given back ends by itself.</summary>
    public Task ReleaseAsync(Incarnation run, string console, CancellationToken cancellationToken) => PostAsync(new HoldRequest(run, console, Release: true), cancellationToken);

    private async Task<bool> PostAsync(HoldRequest request, CancellationToken cancellationToken)
    {
        var (identity, _) = current.Get();

        try
        {
            await BrokerHttp.PostAsync(identity, LinkPaths.Hold, request, LinkJson.Default.HoldRequest, cancellationToken);
            return true;
        }
        catch (IdentityException)
        {
            return false;
        }
    }
}
