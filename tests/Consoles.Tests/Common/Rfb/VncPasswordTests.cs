using Consoles.Common.Rfb;

namespace Consoles.Tests.Common.Rfb;

public sealed class VncPasswordTests
{
    [Theory]
    [InlineData(0x0123456789ABCDEFul, 0x133457799BBCDFF1ul, 0x85E813540F0AB405ul)]
    [InlineData(0x4E6F772069732074ul, 0x0123456789ABCDEFul, 0x3FA40E8A984D4815ul)]
    [InlineData(0x0000000000000000ul, 0x0101010101010101ul, 0x8CA64DE9C1B123A7ul)]
    [InlineData(0xFFFFFFFFFFFFFFFFul, 0xFFFFFFFFFFFFFFFFul, 0x7359B2163E4EDC58ul)]
    public void Blocks_are_encrypted_as_the_standards_own_examples(ulong block, ulong key, ulong encrypted) =>
        DesBlock.Encrypt(block, key).Should().Be(encrypted);

    [Fact]
    public void An_answer_has_the_length_of_its_challenge_and_both_halves_use_the_same_key()
    {
        byte[] challenge = [.. Enumerable.Repeat((byte)7, 16)];
        var answer = VncPassword.Answer(challenge, "secret");
        answer.Should().HaveCount(16);
        answer[..8].Should().Equal(answer[8..]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ninechars")]
    [InlineData("äöüäö")]
    public void A_password_that_no_server_can_have_is_not_sent(string password) =>
        FluentActions.Invoking(() => VncPassword.Answer(new byte[16], password)).Should().Throw<RfbException>()
            .Which.Message.Should().NotContain(password.Length == 0 ? "\0" : password);
}
