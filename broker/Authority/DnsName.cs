using System.Text.RegularExpressions;

namespace Consoles.Broker.Authority;

/// <summary>The one grammar of names that are stamped into certificates. They are compared as whole strings, ordinally.</summary>
internal static partial class DnsName
{
    public static bool IsValid(string? name) => name is not null && Grammar().IsMatch(name);

    // \z and not $, which would let a line feed pass at the end.
    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Grammar();
}
