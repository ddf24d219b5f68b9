using Consoles.Common.Inventory;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Relays;

internal static partial class KeysLog
{
    [LoggerMessage(1320, LogLevel.Warning, "Pressed keys in domain {Domain} {Sent} times of {Wanted}: {Reason}")]
    public static partial void KeysNotSent(this ILogger<KeysAnswers> logger, DomainId domain, int sent, int wanted, string reason);
}
