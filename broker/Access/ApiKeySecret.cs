using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Consoles.Broker.Access;

/// <summary>An API key as its owner holds it: ck1_ and 32 random bytes. It prints as nothing of itself.</summary>
internal sealed class ApiKeySecret
{
    public const string Prefix = "ck1_";
    private const int SecretBytes = 32;

    private readonly string _secret;

    private ApiKeySecret(string secret)
    {
        _secret = secret;
        Digest = SHA256.HashData(Encoding.ASCII.GetBytes(secret));
    }

    /// <summary>What is stored. 256 random bits need no salt and no slow hash.</summary>
    public byte[] Digest { get; }

    public static ApiKeySecret Create() => new(Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)));

    /// <summary>Null when the text is no key at all, whatever its length.</summary>
    public static ApiKeySecret? Parse(string? text) =>
        text is not null
        && text.Length == Prefix.Length + Base64Url.GetEncodedLength(SecretBytes)
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text.AsSpan(Prefix.Length))
            ? new ApiKeySecret(text)
            : null;

    /// <summary>The key itself, for the one answer that hands it to its owner.</summary>
    public string Reveal() => _secret;

    public override string ToString() => "API key";
}
