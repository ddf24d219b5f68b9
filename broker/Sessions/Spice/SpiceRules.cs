using Consoles.Broker.Tokens;

namespace Consoles.Broker.Sessions.Spice;

/// <summary>What becomes of a message.</summary>
[Flags]
internal enum SpiceVerdict
{
    Pass = 0,
    Drop = 1,

    /// <summary>The viewer used keys or pointer.</summary>
    Input = 2,
}

/// <summary>Which channels are opened, and which messages go on.</summary>
internal static class SpiceRules
{
    /// <summary>Screen, keys, pointer and sound. Files, devices, cards and microphones of the viewer are not for consoles.</summary>
    public static bool IsOpened(SpiceChannelType channel) =>
        channel is SpiceChannelType.Display or SpiceChannelType.Inputs or SpiceChannelType.Cursor or SpiceChannelType.Playback;

    /// <summary>Of the guest's on the main channel: none that would send the viewer to another host, and none of the agent in the guest, which carries clipboard and files.</summary>
    public static SpiceVerdict OfGuest(int type) =>
        type is < 3 or SpiceMessage.MainMigrateBegin or SpiceMessage.MainMigrateCancel or SpiceMessage.MainMigrateSwitchHost or SpiceMessage.MainMigrateEnd
            or (>= SpiceMessage.MainMigrateBeginSeamless and <= SpiceMessage.MainMigrateSeamlessNack)
            or SpiceMessage.MainAgentConnected or SpiceMessage.MainAgentDisconnected or SpiceMessage.MainAgentData or SpiceMessage.MainAgentDataToken or SpiceMessage.MainAgentConnectedTokens
            ? SpiceVerdict.Drop
            : SpiceVerdict.Pass;

    public static Func<int, SpiceVerdict> OfViewer(SpiceChannelType channel, ConsoleRights rights)
    {
        var acting = rights == ConsoleRights.View ? SpiceVerdict.Drop : SpiceVerdict.Pass;

        return type => (channel, type) switch
        {
            (_, >= SpiceMessage.AckSync and <= SpiceMessage.Pong or SpiceMessage.Disconnecting) => SpiceVerdict.Pass,

            // What remains of these has to do with migration.
            (_, < SpiceMessage.FirstOwn) => SpiceVerdict.Drop,
            (SpiceChannelType.Inputs, _) => SpiceVerdict.Input | acting,
            (SpiceChannelType.Main, SpiceMessage.MainClientInfo or SpiceMessage.MainAttachChannels) => SpiceVerdict.Pass,
            (SpiceChannelType.Main, SpiceMessage.MainMouseModeRequest) => acting,

            // What goes to the agent in the guest too: clipboard, files and the size of screens, which nobody has looked into here.
            (SpiceChannelType.Main, _) => SpiceVerdict.Drop,
            _ => SpiceVerdict.Pass,
        };
    }
}
