using Consoles.Broker.Typing;

namespace Consoles.Tests.Broker.Typing;

public class TypingPlanTests
{
    private static readonly KeyboardLayout German = new KeyboardLayouts().Find("de")!;

    [Theory]
    [InlineData("Pässw0rd!§{}~", new int[0])]
    [InlineData("aж", new[] { 2 })]
    [InlineData("жaж", new[] { 1, 3 })]
    [InlineData("a😀b", new[] { 2 })]
    [InlineData("😀b😀", new[] { 1, 3 })]
    [InlineData("a\u0308", new[] { 2 })]
    [InlineData("a\u001b[31m", new[] { 2 })]
    [InlineData("x\0", new[] { 2 })]
    public void Characters_that_cannot_be_typed_are_named_by_their_position_in_code_points(string text, int[] positions)
    {
        var (plan, refused) = TypingPlan.Of(text, German);

        refused.Select(character => character.Position).Should().Equal(positions);
        (plan is null).Should().Be(positions.Length > 0);
    }

    [Fact]
    public void A_refused_character_is_named_as_unicode_does() => TypingPlan.Of("😀", German).Refused.Single().Code.Should().Be("U+1F600");

    [Theory]
    [InlineData("a\nb", 3)]
    [InlineData("a\r\nb", 3)]
    [InlineData("a\rb", 3)]
    [InlineData("\r\r\n\n", 3)]
    [InlineData("^", 2)]
    [InlineData("", 0)]
    public void A_lines_end_is_one_enter_however_it_is_written(string text, int strokes) => TypingPlan.Of(text, German).Plan!.Strokes.Should().HaveCount(strokes);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    public void A_character_counts_as_typed_when_its_last_stroke_is(int strokes, int characters) =>
        TypingPlan.Of("aé\r\nb", German).Plan!.CharactersIn(strokes).Should().Be(characters);

    [Fact]
    public void A_stroke_does_not_print() =>
        TypingPlan.Of("s", German).Plan!.Strokes[0].ToString().Should().NotContain("31");
}
