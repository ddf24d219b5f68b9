using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Consoles.Broker.Access;
using Microsoft.Extensions.Options;

namespace Consoles.Broker.Nova.Api.Identity;

/// <summary>A token that the Keystone front gave for an API key, and that is no better than the key: once that is revoked, it is no longer good.</summary>
internal sealed record IdentityToken(string KeyId, string Method, string AuditId, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <summary>The tokens of the Keystone front. In memory, as digests: after a restart of the broker, clients log in again.</summary>
internal sealed class IdentityTokens(TimeProvider clock, IOptions<NovaOptions> options)
{
    public const string Prefix = "kt1_";
    private const int SecretBytes = 32;

    // Each costs a valid key, so these are no limits that a stranger can fill; and one key does not push out another's.
    private const int MaxTokens = 10_000;
    private const int MaxPerKey = 100;

    private readonly Lock _issuing = new();

    private readonly ConcurrentDictionary<string, IdentityToken> _tokens = new(StringComparer.Ordinal);

    /// <param name="parent">The token that it is given for, whose end is its end, too; null: it is given for the key itself.</param>
    public (string Secret, IdentityToken Token) Issue(ApiKey key, string method, IdentityToken? parent = null)
    {
        var now = clock.GetUtcNow();
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        DateTimeOffset?[] ends = [now + options.Value.Api.LoginLifetime, key.ExpiresAt, parent?.ExpiresAt];
        var token = new IdentityToken(key.Id, method, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), now, ends.Min()!.Value);

        lock (_issuing)
        {
            MakeRoom(key.Id, now);
            _tokens[DigestOf(secret)] = token;
        }

        return (secret, token);
    }

    /// <summary>Whether a text has the form of such a token. One that does and is not known has mostly expired: nobody guesses 256 bits.</summary>
    public static bool IsWellFormed(string text) =>
        text.Length == Prefix.Length + Base64Url.GetEncodedLength(SecretBytes) && text.StartsWith(Prefix, StringComparison.Ordinal) && Base64Url.IsValid(text.AsSpan(Prefix.Length));

    /// <summary>Null when it is unknown, has expired or was revoked. Whether its key is still good is for the caller to ask.</summary>
    public IdentityToken? Find(string secret) =>
        secret.StartsWith(Prefix, StringComparison.Ordinal) && _tokens.TryGetValue(DigestOf(secret), out var token) && clock.GetUtcNow() < token.ExpiresAt ? token : null;

    public bool Revoke(string secret) => _tokens.TryRemove(DigestOf(secret), out _);

    private void MakeRoom(string key, DateTimeOffset now)
    {
        foreach (var (digest, old) in _tokens)
        {
            if (old.ExpiresAt <= now || _tokens.Count >= MaxTokens)
            {
                _tokens.TryRemove(digest, out _);
            }
        }

        foreach (var (digest, _) in _tokens.Where(pair => pair.Value.KeyId == key).OrderByDescending(pair => pair.Value.IssuedAt).Skip(MaxPerKey - 1).ToList())
        {
            _tokens.TryRemove(digest, out _);
        }
    }

    // Looking up by digest tells nothing about the secret by the time it takes.
    private static string DigestOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
