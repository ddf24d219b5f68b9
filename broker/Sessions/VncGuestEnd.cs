using Consoles.Broker.Tokens;
using Consoles.Common.Rfb;

namespace Consoles.Broker.Sessions;

/// <summary>A guest's VNC console after its handshake: the viewer is given one of the broker's own, and then the guest's messages.</summary>
internal sealed class VncGuestEnd(Stream stream, RfbServerInit init, bool relayed, TimeProvider clock) : GuestEnd(stream)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private RfbViewerFilter? _viewer;

    public RfbServerInit Init { get; } = init;

    public override bool Relayed { get; } = relayed;

    public override long? LastInput => _viewer?.LastInput;

    public override async Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

        try
        {
            await (viewer is ViewerChannel { AwaitsAdmission: true }
                ? RfbViewerHandshake.AdmitAsync(viewer, Init, either.Token)
                : RfbViewerHandshake.RunAsync(viewer, Init, either.Token));
        }
        catch (RfbException e) when (e.Fault == RfbFault.Ended)
        {
            throw new IOException("The viewer left during its RFB handshake.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RfbException($"The viewer did not finish its RFB handshake within {Limit.TotalSeconds} seconds.", e);
        }

        return _viewer = new RfbViewerFilter(viewer, viewOnly: rights == ConsoleRights.View, clock);
    }
}
