using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

/// <summary>Dials a console and secures the guest's side, until the guest has proved who it is.</summary>
internal interface IGuestConnector
{
    /// <exception cref="GuestException">The guest's side could not be had; nothing of the viewer's was sent to it.</exception>
    Task<GuestEnd> ConnectAsync(ConsoleTarget target, ConsoleGrant grant, CancellationToken cancellationToken);
}

/// <summary>A connector for one kind of console.</summary>
internal interface IKindConnector : IGuestConnector
{
    ConsoleKind Kind { get; }
}

/// <summary>The guest's side of a session, proved and ready.</summary>
internal abstract class GuestEnd(Stream stream) : IAsyncDisposable
{
    /// <summary>The bytes of the guest, from the first one after the handshakes that the broker made itself.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>Whether the guest lets go of the viewer before when this one comes.</summary>
    public virtual bool IsForOne => false;

    /// <summary>When the viewer last used the console, as the clock's timestamp; null where its protocol does not tell that from what a viewer sends by itself.</summary>
    public virtual long? LastInput => null;

    /// <summary>A node's agent carries it, so that it ends when the agent does.</summary>
    public virtual bool Relayed => false;

    /// <summary>Gives the viewer the handshake that its protocol begins with, and returns the viewer's stream with what <paramref name="rights"/> do not allow taken out.</summary>
    /// <exception cref="IOException">The viewer left.</exception>
    /// <exception cref="Consoles.Common.Relaying.ProtocolException">The viewer broke the protocol.</exception>
    /// <exception cref="Spice.SpiceException">The viewer broke the protocol.</exception>
    public abstract Task<Stream> AdmitAsync(Stream viewer, ConsoleRights rights, CancellationToken cancellationToken);

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}

/// <summary>Why a guest's side could not be had.</summary>
internal enum GuestFailure
{
    /// <summary>No route: not listening, no address that may be dialled, or no answer in time.</summary>
    Unreachable,

    /// <summary>TLS is missing where it is required, or the certificate is not the node's (close code 4005).</summary>
    Tls,

    /// <summary>QEMU refused the password or offers no security type that policy allows.</summary>
    Security,

    /// <summary>The guest behind the address is another one.</summary>
    WrongGuest,

    /// <summary>It broke its protocol.</summary>
    Protocol,

    /// <summary>Somebody outside of Consoles holds it, and force takes it (close code 4009).</summary>
    Held,

    /// <summary>Somebody outside of Consoles holds it, and only they can let it go (close code 4010).</summary>
    InUse,
}

/// <summary>The guest's side of a session could not be had. The message says what was attempted and what came, and may be shown to the user.</summary>
internal sealed class GuestException(GuestFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public GuestFailure Failure { get; } = failure;
}
