using System.Diagnostics.CodeAnalysis;

namespace Consoles.Agent.Identity;

/// <summary>Where a broker listens for agents, as people write it: https://HOST:6084.</summary>
internal static class BrokerAddress
{
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text?.Trim(), UriKind.Absolute, out address)
        && address.Scheme == Uri.UriSchemeHttps
        && address is { UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" };

    /// <exception cref="IdentityException">It is not such an address.</exception>
    public static Uri Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new IdentityException($"'{text}' is not the address of a broker: it looks like https://broker.example:6084, without a path.");
}
