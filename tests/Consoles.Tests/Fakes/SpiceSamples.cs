using System.Buffers.Binary;
using Consoles.Broker.Sessions.Spice;

namespace Consoles.Tests.Fakes;

/// <summary>Sound SPICE messages, for tests that send, change or cut them.</summary>
internal static class SpiceSamples
{
    public static readonly SpiceCapabilities Common = SpiceCapabilities.Of(SpiceCapabilities.AuthSelection, SpiceCapabilities.AuthSpice, SpiceCapabilities.MiniHeader);

    public static readonly SpiceCapabilities Main = SpiceCapabilities.Of(SpiceCapabilities.AgentConnectedTokens);

    public static SpiceLinkMessage Link(SpiceChannelType type = SpiceChannelType.Main, uint connection = 0, SpiceCapabilities? common = null, SpiceCapabilities? own = null) =>
        new(connection, type, 0, common ?? Common, own ?? Main);

    /// <summary>A message with its short header.</summary>
    public static byte[] Message(int type, params ReadOnlySpan<byte> body)
    {
        var message = new byte[SpiceMessage.HeaderLength + body.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(message, (ushort)type);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(2), (uint)body.Length);
        body.CopyTo(message.AsSpan(SpiceMessage.HeaderLength));
        return message;
    }

    /// <summary>What a session begins with.</summary>
    public static byte[] Init(uint session)
    {
        var body = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(body, session);
        return Message(SpiceMessage.MainInit, body);
    }
}
