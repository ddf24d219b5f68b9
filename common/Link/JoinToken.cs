using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Consoles.Common.Link;

/// <summary>What a node is invited with: a secret that buys one certificate, once, and the fingerprint by which the agent knows the right broker. It prints without the secret.</summary>
/// <remarks>Written as cj1_SECRET.PIN: two times 32 bytes in base64url.</remarks>
public sealed class JoinToken
{
    private const string Prefix = "cj1_";
    private const int SecretBytes = 32;

    private readonly byte[] _secret;
    private readonly byte[] _pin;

    private JoinToken(byte[] secret, byte[] pin)
    {
        _secret = secret;
        _pin = pin;
    }

    /// <summary>SHA-256 of the secret: what the broker stores, and finds the invitation by.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(_secret));

    /// <summary>SHA-256 of the fleet's root, DER, in lower-case hexadecimal.</summary>
    public string Pin => Convert.ToHexStringLower(_pin);

    /// <param name="root">The fleet's root certificate, DER.</param>
    public static JoinToken Create(ReadOnlySpan<byte> root) => new(RandomNumberGenerator.GetBytes(SecretBytes), SHA256.HashData(root));

    /// <summary>Reads a token as a person pasted it; white space around it is ignored.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out JoinToken? token)
    {
        token = null;
        var written = text.AsSpan().Trim();

        if (!written.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        written = written[Prefix.Length..];
        var dot = written.IndexOf('.');

        if (dot < 0 || !TryDecode(written[..dot], SecretBytes, out var secret) || !TryDecode(written[(dot + 1)..], SHA256.HashSizeInBytes, out var pin))
        {
            return false;
        }

        token = new JoinToken(secret, pin);
        return true;
    }

    /// <param name="root">A certificate, DER.</param>
    public bool Pins(ReadOnlySpan<byte> root) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(root), _pin);

    /// <summary>The token itself, secret and all, for the one person or request that is to have it.</summary>
    public string Reveal() => $"{Prefix}{Base64Url.EncodeToString(_secret)}.{Base64Url.EncodeToString(_pin)}";

    public override string ToString() => $"join token {Digest[..8]}";

    private static bool TryDecode(ReadOnlySpan<char> text, int length, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = new byte[length];

        // IsValid first, since decoding throws on other characters. It allows padding and white space: only the one spelling that encoding gives is a token.
        if (Base64Url.IsValid(text, out var decoded)
            && decoded == length
            && Base64Url.TryDecodeFromChars(text, bytes, out _)
            && text.SequenceEqual(Base64Url.EncodeToString(bytes)))
        {
            return true;
        }

        bytes = null;
        return false;
    }
}
