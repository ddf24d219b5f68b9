using System.Buffers.Binary;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>What a guest's main channel begins with: the session's number, and who the guest is.</summary>
/// <param name="SessionId">What every further channel of the session must show.</param>
/// <param name="Guest">The UUID that libvirt gave to QEMU.</param>
/// <param name="ForAll">Messages that every viewer gets.</param>
/// <param name="Identity">Those with name and UUID, for viewers that asked for them.</param>
internal sealed record SpiceProof(uint SessionId, DomainId Guest, byte[] ForAll, byte[] Identity)
{
    // spice-server sends three: the session, the name, the UUID (reds.cpp, reds_handle_main_link).
    private const int MaxMessages = 8;
    private const int MaxLength = 4096;
    private const int InitLength = 32;

    // SpiceMsgMainInit: whether there is an agent, and how many messages it takes.
    private const int InitAgent = 16;
    private const int InitAgentLength = 8;

    private const int UuidLength = 16;

    /// <exception cref="SpiceException">The guest broke the protocol or the connection, or does not say who it is.</exception>
    public static async Task<SpiceProof> ReadAsync(Stream guest, CancellationToken cancellationToken)
    {
        var wire = new SpiceWire(guest, SpiceGuestLink.Peer);
        using var forAll = new MemoryStream();
        using var identity = new MemoryStream();
        uint? session = null;

        for (var count = 0; count < MaxMessages; count++)
        {
            var header = await wire.ReadAsync(SpiceMessage.HeaderLength, "which guest it is", cancellationToken);
            var (type, length) = (SpiceMessage.TypeOf(header), SpiceMessage.LengthOf(header));

            if (length > MaxLength)
            {
                break;
            }

            var body = await wire.ReadAsync((int)length, "which guest it is", cancellationToken);

            if (type == SpiceMessage.MainInit && body.Length >= InitLength)
            {
                session = BinaryPrimitives.ReadUInt32LittleEndian(body);

                // The agent in the guest is for no viewer, so there is none.
                body.AsSpan(InitAgent, InitAgentLength).Clear();
            }

            var keep = type is SpiceMessage.MainName or SpiceMessage.MainUuid ? identity : forAll;
            keep.Write(header);
            keep.Write(body);

            // In the order of RFC 9562.
            if (type == SpiceMessage.MainUuid && body.Length == UuidLength && session is { } id)
            {
                return new SpiceProof(id, new DomainId(new Guid(body, bigEndian: true)), forAll.ToArray(), identity.ToArray());
            }
        }

        throw new SpiceException("The guest's SPICE console does not say whose it is.");
    }
}
