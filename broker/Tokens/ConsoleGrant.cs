using Consoles.Broker.Access;
using Consoles.Common.Inventory;

namespace Consoles.Broker.Tokens;

/// <summary>One user's leave to open one console of one run of a domain, once, before <see cref="ExpiresAt"/>.</summary>
/// <param name="Id">Names the grant and its token; unrelated to the secret.</param>
/// <param name="User">The name of the API key it was issued by.</param>
/// <param name="KeyId">The API key it was issued by.</param>
/// <param name="Domain">The domain's name when it was issued, for people.</param>
internal sealed record ConsoleGrant(
    string Id, string User, string KeyId, Incarnation Incarnation, string Domain, string Console, ConsoleKind Kind, ConsoleRights Rights, DateTimeOffset ExpiresAt);

/// <summary>What a token is asked for.</summary>
/// <param name="Use">How often it opens a console, and what it looks like.</param>
internal sealed record ConsoleWish(
    Caller Caller, Incarnation Incarnation, string Domain, string Console, ConsoleKind Kind, ConsoleRights Rights, TimeSpan? Lifetime, TokenUse Use = TokenUse.Once);

/// <summary>How often a token opens a console.</summary>
internal enum TokenUse
{
    /// <summary>Once, by our own pages.</summary>
    Once,

    /// <summary>Once, by a native viewer, which may write it in small letters.</summary>
    OnceByViewer,

    /// <summary>Until it expires, as clients of OpenStack Nova's consoles expect. It may be written in small letters.</summary>
    UntilExpiry,
}

/// <summary>A token as it is listed.</summary>
internal sealed record IssuedToken(ConsoleGrant Grant, DateTimeOffset IssuedAt, DateTimeOffset? RedeemedAt, DateTimeOffset? RevokedAt);
