using System.Buffers.Binary;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>The numbers of the messages that the broker looks at, and their short headers: type and length (spice-protocol, enums.h).</summary>
internal static class SpiceMessage
{
    public const int HeaderLength = 6;

    // From the guest, on its main channel.
    public const int MainInit = 103;
    public const int MainMigrateBegin = 101;
    public const int MainMigrateCancel = 102;
    public const int MainAgentConnected = 107;
    public const int MainAgentDisconnected = 108;
    public const int MainAgentData = 109;
    public const int MainAgentDataToken = 110;
    public const int MainMigrateSwitchHost = 111;
    public const int MainMigrateEnd = 112;
    public const int MainName = 113;
    public const int MainUuid = 114;
    public const int MainAgentConnectedTokens = 115;
    public const int MainMigrateBeginSeamless = 116;
    public const int MainMigrateSeamlessNack = 118;

    // From the viewer, on any channel.
    public const int AckSync = 1;
    public const int Pong = 3;
    public const int Disconnecting = 6;

    /// <summary>From here on the numbers of messages are each channel's own.</summary>
    public const int FirstOwn = 101;

    // From the viewer, on its main channel.
    public const int MainClientInfo = 101;
    public const int MainAttachChannels = 104;
    public const int MainMouseModeRequest = 105;

    public static int TypeOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16LittleEndian(header);

    public static uint LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[2..]);
}
