using Microsoft.Extensions.Logging;

namespace Consoles.Agent.Inventory;

internal static partial class InventoryLog
{
    [LoggerMessage(1001, LogLevel.Information, "Connected to libvirt at {Uri}: {Domains} domains")]
    public static partial void LibvirtConnected(this ILogger<InventoryReader> logger, string uri, int domains);

    [LoggerMessage(1002, LogLevel.Warning, "Lost libvirt at {Uri}, and keeps what was last known: {Reason}")]
    public static partial void LibvirtLost(this ILogger<InventoryReader> logger, string uri, string reason);

    [LoggerMessage(1003, LogLevel.Warning, "Refused domain {Domain}: {Reason}")]
    public static partial void DomainRefused(this ILogger<InventoryReader> logger, string domain, string reason);

    [LoggerMessage(1004, LogLevel.Error, "Failed to read the node, and tries again")]
    public static partial void ReadingFailed(this ILogger<InventoryReader> logger, Exception fault);
}
