using Consoles.Broker.Access;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>Finds out who shows an X-Auth-Token: an API key, a token that the Keystone front gave for one, or a token of the real Keystone.</summary>
internal sealed class NovaCallers(
    ApiKeys keys, IdentityTokens issued, Keystone keystone, FailureLimits failures, IOptions<NovaOptions> options, ILogger<NovaCallers> logger)
{
    public const string Header = "X-Auth-Token";

    /// <summary>Null: none is shown, or one that is not valid.</summary>
    /// <exception cref="NovaFault">429: too many wrong ones came from that network. 503: Keystone cannot be asked.</exception>
    public async Task<NovaCaller?> FindAsync(HttpContext context)
    {
        if (context.Request.Headers[Header] is not [{ Length: > 0 } token])
        {
            return null;
        }

        if (OfOurs(token) is { } caller)
        {
            return caller;
        }

        // Whatever is still to be asked of Keystone costs it a question.
        Admit(context);

        if (options.Value.Keystone.Url is not null && await keystone.FindAsync(token, context.RequestAborted) is { } known)
        {
            return known;
        }

        Refuse(context, isGuess: !IdentityTokens.IsWellFormed(token));
        logger.NovaTokenRefused(context.Connection.RemoteIpAddress);
        return null;
    }

    /// <summary>What a caller showed is not good. Who showed something good is not held up by others of the same network.</summary>
    /// <param name="isGuess">Whether it counts: a token that has expired does not.</param>
    /// <exception cref="NovaFault">429: too many wrong secrets came from that network.</exception>
    public void Refuse(HttpContext context, bool isGuess)
    {
        Admit(context);

        if (isGuess)
        {
            failures.Count(context.Connection.RemoteIpAddress);
        }
    }

    private void Admit(HttpContext context)
    {
        if (failures.WaitOf(context.Connection.RemoteIpAddress) is { } wait)
        {
            throw new NovaFault(429, "Too many wrong tokens came from this network.") { RetryAfter = wait };
        }
    }

    private NovaCaller? OfOurs(string token) =>
        keys.Verify(token) is { } key ? NovaCaller.Of(key)
        : issued.Find(token) is { } found && keys.Find(found.KeyId) is { } behind ? NovaCaller.Of(behind)
        : null;
}
