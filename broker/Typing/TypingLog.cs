using Consoles.Common.Inventory;

namespace Consoles.Broker.Typing;

internal static partial class TypingLog
{
    // Who and how much, never what.
    [LoggerMessage(4300, LogLevel.Information, "{User} typed {Characters} of {Wanted} characters into {DomainName} ({Domain}), by {By}")]
    public static partial void Typed(this ILogger<Typist> logger, string user, int characters, int wanted, string domainName, DomainId domain, string by);
}
