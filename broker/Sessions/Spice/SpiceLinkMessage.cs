namespace Consoles.Broker.Sessions.Spice;

/// <summary>Client to server, first of all: which channel this connection is to be.</summary>
/// <param name="ConnectionId">0 for a main channel, which opens a session; the session's number, which the main channel is told, for every other.</param>
/// <param name="Id">Which of the channels of that type, as of several displays.</param>
/// <param name="Common">Abilities for channels of any type.</param>
/// <param name="Own">Abilities for channels of this type.</param>
internal sealed record SpiceLinkMessage(uint ConnectionId, SpiceChannelType Type, byte Id, SpiceCapabilities Common, SpiceCapabilities Own);

/// <summary>Server to client: its answer, and the key that a ticket is encrypted with.</summary>
/// <param name="PublicKey">RSA of 1024 bits, in DER (SubjectPublicKeyInfo). Empty where the server refuses.</param>
internal sealed record SpiceLinkReply(SpiceLinkError Error, ReadOnlyMemory<byte> PublicKey, SpiceCapabilities Common, SpiceCapabilities Own);
