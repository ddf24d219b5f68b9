using Consoles.Common.Relaying;

namespace Consoles.Broker.Sessions;

/// <summary>A viewer's connection as a stream of its console's bytes, which can be told why it ends.</summary>
internal abstract class ViewerChannel : DuplexStream
{
    /// <summary>What the viewer did against the rules of what carries the bytes, once it has; null before.</summary>
    public abstract FrameFault? Fault { get; }

    /// <summary>Whether the viewer has been through its protocol's security handshake before it became a channel, and waits to hear how that went.</summary>
    public virtual bool AwaitsAdmission => false;

    /// <summary>How long the viewer has sent nothing.</summary>
    public abstract TimeSpan Silence { get; }

    /// <summary>Tells the viewer why, as far as its protocol can, and makes a pending read end. The first call says it; later ones wait for it. Does not throw.</summary>
    public abstract Task CloseAsync(SessionEnding ending);
}
