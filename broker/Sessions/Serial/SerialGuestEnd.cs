using Consoles.Broker.Tokens;
using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions.Serial;

/// <summary>A shared serial line, in frames.</summary>
/// <param name="relayed">The line is the agent's; else it is the broker's own.</param>
internal sealed class SerialGuestEnd(Stream line, bool relayed, TimeProvider clock) : GuestEnd(new FilteringStream(line, new SerialFrameFilter(new SerialFrameRules.OfLine())))
{
    private ViewerFilter? _viewer;

    public override bool Relayed => relayed;

    public override long? LastInput => _viewer?.LastInput;

    /// <remarks>Frames begin at once: there is no handshake. Whatever the agent allows, who may only look sends nothing to the line.</remarks>
    public override Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken) =>
        Task.FromResult<Stream>(_viewer = new ViewerFilter(viewer, new SerialFrameFilter(new SerialFrameRules.OfViewer(viewOnly: rights == ConsoleRights.View)), clock));
}
