using System.Security.Cryptography;
using Consoles.Common.Link;

namespace Consoles.Tests.Common;

public class JoinTokenTests
{
    private static readonly byte[] Root = [1, 2, 3];

    [Fact]
    public void A_token_that_is_written_and_read_is_the_same_token()
    {
        var token = JoinToken.Create(Root);

        JoinToken.TryParse($"  {token.Reveal()}\n", out var read).Should().BeTrue();

        read!.Reveal().Should().Be(token.Reveal());
        read.Digest.Should().Be(token.Digest);
        read.Pin.Should().Be(Convert.ToHexStringLower(SHA256.HashData(Root)));
    }

    [Fact]
    public void A_token_pins_its_root_and_no_other()
    {
        var token = JoinToken.Create(Root);

        token.Pins(Root).Should().BeTrue();
        token.Pins([1, 2, 4]).Should().BeFalse();
    }

    [Fact]
    public void A_token_prints_without_its_secret()
    {
        var token = JoinToken.Create(Root);
        var secret = token.Reveal()["cj1_".Length..];

        $"{token}".Should().StartWith("join token ").And.NotContain(secret[..8]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cj1_")]
    [InlineData("cj1_AAAA.AAAA")]
    [InlineData("cj2_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cj1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cj1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA .AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cj1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cj1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAA")]
    [InlineData("cj1_++++AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Text_that_is_no_token_is_refused(string? text)
    {
        JoinToken.TryParse(text, out var token).Should().BeFalse();
        token.Should().BeNull();
    }
}
