using System.Security.Claims;

namespace Consoles.Broker.Access;

/// <summary>Who makes an authenticated request.</summary>
/// <param name="User">The key's name.</param>
internal sealed record Caller(string User, string KeyId, ApiRole Role)
{
    internal const string KeyIdClaim = "consoles:key";

    public bool IsAtLeast(ApiRole role) => Role <= role;

    public static Caller Of(ClaimsPrincipal user) => new(
        user.FindFirstValue(ClaimTypes.Name)!, user.FindFirstValue(KeyIdClaim)!, Enum.Parse<ApiRole>(user.FindFirstValue(ClaimTypes.Role)!));
}
