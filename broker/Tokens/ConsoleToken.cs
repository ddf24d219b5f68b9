using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Consoles.Broker.Tokens;

/// <summary>The secret that redeems a grant. It prints as its id, so it can be logged.</summary>
/// <remarks>
/// Of our own pages it is ct1_, 32 random bytes, and a checksum. Of other clients it is the 32 bytes alone, in letters and digits whose case does not matter: such
/// a token may stand in a host name, where clients write it in small letters, and in a query without any escape.
/// </remarks>
internal sealed class ConsoleToken
{
    private const string Prefix = "ct1_";
    private const int SecretBytes = 32;

    // Sorts out typing errors, and lets scanners for leaked secrets be sure of what they found. It protects nothing.
    private const int ChecksumBytes = 3;

    // RFC 4648, section 6, in small letters and without padding. One label of a host name has 63 characters at most.
    private const string SmallDigits = "abcdefghijklmnopqrstuvwxyz234567";
    private const int SmallLength = ((SecretBytes * 8) + 4) / 5;

    private static readonly SearchValues<char> SmallDigitsSet = SearchValues.Create(SmallDigits);

    private static readonly int Length = Prefix.Length + Base64Url.GetEncodedLength(SecretBytes) + Base64Url.GetEncodedLength(ChecksumBytes);

    private readonly string _secret;
    private readonly string? _id;

    private ConsoleToken(string secret, string? id)
    {
        _secret = secret;
        _id = id;
    }

    public static ConsoleToken Create(string id)
    {
        var body = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return new ConsoleToken(body + ChecksumOf(body), id);
    }

    /// <summary>A token for clients that are not our own.</summary>
    public static ConsoleToken CreateSmall(string id) => new(RandomNumberGenerator.GetString(SmallDigits, SmallLength), id);

    /// <summary>Null when the text is no token at all.</summary>
    public static ConsoleToken? Parse(string? text)
    {
        if (text is { Length: SmallLength } && text.ToLowerInvariant() is var small && !small.AsSpan().ContainsAnyExcept(SmallDigitsSet))
        {
            return new ConsoleToken(small, id: null);
        }

        if (text is null || text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var body = text[..^Base64Url.GetEncodedLength(ChecksumBytes)];
        return text.EndsWith(ChecksumOf(body), StringComparison.Ordinal) ? new ConsoleToken(text, id: null) : null;
    }

    /// <summary>The secret itself, for the one answer that hands it to the user.</summary>
    public string Reveal() => _secret;

    /// <summary>What is stored: who has the store but not the key can neither use nor check a token.</summary>
    public byte[] DigestBy(ReadOnlySpan<byte> key) => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(_secret));

    public override string ToString() => _id is null ? "presented token" : $"token {_id}";

    private static string ChecksumOf(string body) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(body)).AsSpan(0, ChecksumBytes));
}
