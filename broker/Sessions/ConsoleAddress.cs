using System.Text.RegularExpressions;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Sessions;

/// <summary>Keeps the address of a console out of sentences that are for its viewers.</summary>
internal static partial class ConsoleAddress
{
    /// <summary>The sentence with the console's host and port replaced by words. What is left says why, and not where.</summary>
    public static string Hide(string sentence, ConsoleEndpoint console)
    {
        var hidden = HostAndPort().Replace(sentence, "its address");
        return string.IsNullOrEmpty(console.Host) ? hidden : hidden.Replace(console.Host, "its address", StringComparison.OrdinalIgnoreCase);
    }

    // 192.0.2.7:5900, 192.0.2.7, [2001:db8::7]:5900
    [GeneratedRegex(@"(\[[0-9A-Fa-f:.%]+\]|\d{1,3}(\.\d{1,3}){3})(:\d{1,5})?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostAndPort();
}
