using System.Globalization;
using Consoles.Agent.Enabling;
using FsCheck;
using FsCheck.Fluent;

namespace Consoles.Tests.Agent.Enabling;

public sealed class TextDiffTests
{
    private static readonly Gen<string> Texts = Gen.Elements("a", "b", "c", "").ListOf().Select(lines => string.Join('\n', lines));

    [Fact]
    public void A_line_that_is_added_stands_among_three_of_its_neighbours() =>
        TextDiff.Of("old", "1\n2\n3\n4\n5\n6\n7\n8\n", "new", "1\n2\n3\n4\n5\nX\n6\n7\n8\n").Should().Be("--- old\n+++ new\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+X\n 6\n 7\n 8\n");

    [Fact]
    public void Of_the_same_text_there_is_nothing_to_show() => TextDiff.Of("old", "a\nb\n", "new", "a\nb\n").Should().BeEmpty();

    [Fact]
    public void What_is_shown_makes_the_new_text_of_the_old() =>
        Prop.ForAll(
            Gen.Two(Texts).ToArbitrary(),
            texts => Patch(texts.Item1, TextDiff.Of("old", texts.Item1, "new", texts.Item2)) == texts.Item2).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(30));

    private static string Patch(string text, string diff)
    {
        var (old, fresh, at) = (text.Split('\n'), new List<string>(), 0);

        foreach (var line in diff.Split('\n', StringSplitOptions.None).Skip(2).SkipLast(1))
        {
            switch (line[0])
            {
                case '@':
                    var start = line.Split(' ')[1].TrimStart('-').Split(',');
                    var (first, count) = (int.Parse(start[0], CultureInfo.InvariantCulture), int.Parse(start[1], CultureInfo.InvariantCulture));
                    fresh.AddRange(old[at..(count == 0 ? first : first - 1)]);
                    at = count == 0 ? first : first - 1;
                    break;
                case '+':
                    fresh.Add(line[1..]);
                    break;
                default:
                    old[at].Should().Be(line[1..]);
                    fresh.AddRange(line[0] == ' ' ? [old[at]] : []);
                    at++;
                    break;
            }
        }

        return string.Join('\n', fresh.Concat(old[at..]));
    }
}
