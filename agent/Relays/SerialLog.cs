using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Relays;

internal static partial class SerialLog
{
    [LoggerMessage(1350, LogLevel.Information, "Attached to {Console} of {Domain}")]
    public static partial void SerialAttached(this ILogger<SerialLines> logger, string domain, string console);

    [LoggerMessage(1351, LogLevel.Warning, "Console {Console} of {Domain} is held by {Holder}; it is attached when that one leaves")]
    public static partial void SerialHeld(this ILogger<SerialLines> logger, string domain, string console, string holder);

    [LoggerMessage(1352, LogLevel.Information, "Console {Console} of {Domain} is not attached: {Reason}")]
    public static partial void SerialNotAttached(this ILogger<SerialLines> logger, string domain, string console, string reason);

    [LoggerMessage(1353, LogLevel.Warning, "The {Lines} serial consoles of this node share the memory for scrollback: {Share} bytes are kept of each, and what was older is forgotten")]
    public static partial void ScrollbackShared(this ILogger<SerialLines> logger, int lines, int share);
}
