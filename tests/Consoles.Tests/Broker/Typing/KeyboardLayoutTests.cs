using System.Text;
using Consoles.Broker.Typing;

namespace Consoles.Tests.Broker.Typing;

public class KeyboardLayoutTests
{
    private static readonly KeyboardLayouts Layouts = new();

    public static TheoryData<string> All => new(Layouts.Names);

    [Fact]
    public void There_are_nine_layouts() => Layouts.Names.Should().BeEquivalentTo("us", "gb", "de", "fr", "es", "it", "se", "no", "ch");

    [Theory]
    [MemberData(nameof(All))]
    public void Every_layout_types_all_of_printable_ascii_with_enter_and_tab(string name)
    {
        var layout = Layouts.Find(name)!;

        Enumerable.Range(' ', '~' - ' ' + 1).Append('\n').Append('\t').Select(code => new Rune(code)).Where(character => !layout.TryType(character, out _)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("us", "")]
    [InlineData("gb", "£€¬")]
    [InlineData("de", "äöüÄÖÜß§°€²³µéèêÉ")]
    [InlineData("fr", "éèçàùêëÊËîïôöûüÿ€£§°²µ¤")]
    [InlineData("es", "ñÑçÇáéíóúÁÉÍÓÚüÜàèòâ¿¡ºª·€¬")]
    [InlineData("it", "àèéìòùç°£§€")]
    [InlineData("se", "åäöÅÄÖéèüÜñÑ§½¤£€µ")]
    [InlineData("no", "æøåÆØÅéèêôüñ§¤£€µ")]
    [InlineData("ch", "äöüÄÖÜéàèçÉÀÈâêîñ§°€£¢¬")]
    public void A_layout_types_the_letters_of_its_languages(string name, string letters) =>
        letters.EnumerateRunes().Where(letter => !Layouts.Find(name)!.TryType(letter, out _)).Should().BeEmpty();

    /// <summary>What docs/decisions/0012 says cannot be typed.</summary>
    [Theory]
    [InlineData("us", "äé€£§´¨")]
    [InlineData("gb", "äé§´¨")]
    [InlineData("de", "ñåø´¨")]
    [InlineData("fr", "ÉÀÇñ´¨")]
    [InlineData("es", "ß´¨")]
    [InlineData("it", "ÀÈÉä´¨")]
    [InlineData("se", "øßç´¨")]
    [InlineData("no", "ßç´¨")]
    [InlineData("ch", "ßåÇ´¨")]
    public void What_a_layout_lacks_it_does_not_type(string name, string letters) =>
        letters.EnumerateRunes().Where(letter => Layouts.Find(name)!.TryType(letter, out _)).Should().BeEmpty();

    [Theory]
    [MemberData(nameof(All))]
    public void Every_stroke_uses_keys_that_exist_and_none_is_pressed_twice(string name)
    {
        var strokes =
            from code in Enumerable.Range(0, 0x3000)
            where Rune.IsValid(code) && Layouts.Find(name)!.TryType(new Rune(code), out _)
            from stroke in Typed(name, new Rune(code))
            select stroke;

        strokes.Should().NotBeEmpty().And.OnlyContain(stroke => stroke.All(KeyNames.IsKey) && stroke.Distinct().Count() == stroke.Length);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void No_two_characters_are_typed_alike(string name)
    {
        var ways =
            from code in Enumerable.Range(0, 0x3000)
            where code != '\r' && Rune.IsValid(code) && Layouts.Find(name)!.TryType(new Rune(code), out _)
            group code by string.Join(' ', Typed(name, new Rune(code)).Select(keys => string.Join('+', keys)));

        ways.Where(way => way.Count() > 1).Should().BeEmpty();
    }

    // 42 is Shift, 100 is AltGr, 57 the space bar.
    [Theory]
    [InlineData("us", "a", "30")]
    [InlineData("us", "A", "42+30")]
    [InlineData("us", "~", "42+41")]
    [InlineData("de", "z", "21")]
    [InlineData("de", "§", "42+4")]
    [InlineData("de", "{", "100+8")]
    [InlineData("de", "~", "100+27")]
    [InlineData("de", "@", "100+16")]
    [InlineData("de", "^", "41 57")]
    [InlineData("de", "`", "42+13 57")]
    [InlineData("de", "é", "13 18")]
    [InlineData("de", "É", "13 42+18")]
    [InlineData("fr", "1", "42+2")]
    [InlineData("fr", "ê", "26 18")]
    [InlineData("it", "{", "42+100+26")]
    [InlineData("ch", "é", "42+39")]
    [InlineData("ch", "~", "100+13 57")]
    public void A_character_is_typed_with_these_keys(string name, string character, string keys) =>
        string.Join(' ', Typed(name, character.EnumerateRunes().Single()).Select(stroke => string.Join('+', stroke))).Should().Be(keys);

    [Theory]
    [InlineData("KEY_NOWHERE a")]
    [InlineData("KEY_A")]
    [InlineData("KEY_A a A b B c")]
    [InlineData("KEY_A ab")]
    [InlineData("KEY_A a a")]
    public void A_wrong_file_is_refused(string file) =>
        FluentActions.Invoking(() => LayoutFile.Read("x", new StringReader(file))).Should().Throw<FormatException>();

    private static List<int[]> Typed(string name, Rune character)
    {
        Layouts.Find(name)!.TryType(character, out var strokes).Should().BeTrue(because: $"of U+{character.Value:X4} in {name}");
        return [.. strokes!.Select(stroke => stroke.Keys.ToArray())];
    }
}
