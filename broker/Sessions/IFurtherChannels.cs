using Consoles.Broker.Nodes;
using Consoles.Broker.Tokens;

namespace Consoles.Broker.Sessions;

/// <summary>The guest's side of a session whose protocol uses several connections: the first one is the session, and admits the others until it ends.</summary>
internal interface IFurtherChannels
{
    /// <summary>Lets the viewer say which channel it wants, opens it, and makes sure that the same guest is at its other end.</summary>
    /// <exception cref="GuestException">The guest's side could not be had; nothing of the viewer's was sent to it.</exception>
    /// <exception cref="Consoles.Common.Relaying.ProtocolException">The viewer broke the protocol, or asked for what is not opened.</exception>
    Task<FurtherChannel> OpenAsync(ConsoleTarget target, Stream viewer, ConsoleRights rights, CancellationToken cancellationToken);
}

/// <summary>One more channel of a session, open.</summary>
/// <param name="Name">What it carries, for the log.</param>
/// <param name="Viewer">The viewer's stream with what its rights do not allow taken out.</param>
internal sealed record FurtherChannel(string Name, Stream Viewer, Stream Guest);
