using Consoles.Common.Inventory;
using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Inventory;

internal static partial class ReadinessLog
{
    [LoggerMessage(1050, LogLevel.Information, "Console {Console} of domain {Domain} was found {Security}: {Reason} Certificate {Fingerprint}")]
    public static partial void ReadinessFound(
        this ILogger<ReadinessProbes> logger, string console, DomainId domain, ConsoleSecurity security, string reason, string? fingerprint);
}
