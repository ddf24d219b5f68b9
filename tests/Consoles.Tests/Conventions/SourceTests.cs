using System.Text.RegularExpressions;

namespace Consoles.Tests.Conventions;

/// <summary>Rules about text that no analyzer holds.</summary>
public partial class SourceTests
{
    [Fact]
    public void No_file_is_longer_than_300_lines() =>
        SourceTree.Code.Where(file => SourceTree.Lines(file).Length > 300).Should().BeEmpty();

    [Fact]
    public void At_least_half_of_the_shipped_files_are_under_a_hundred_lines()
    {
        var shipped = SourceTree.Code.Where(file => !file.StartsWith("tests/", StringComparison.Ordinal)).Select(file => SourceTree.Lines(file).Length).ToList();

        shipped.Count(lines => lines < 100).Should().BeGreaterThan(shipped.Count / 2);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        var left =
            from file in SourceTree.Code
            where !file.EndsWith("SourceTests.cs", StringComparison.Ordinal)
            from line in SourceTree.Lines(file)
            where LeftForLater().IsMatch(line)
            select $"{file}: {line.Trim()}";

        left.Should().BeEmpty();
    }

    [Fact]
    public void No_test_is_skipped()
    {
        var skipped =
            from file in SourceTree.Files("tests", "*.cs")
            where !file.EndsWith("SourceTests.cs", StringComparison.Ordinal)
            from line in SourceTree.Lines(file)
            where line.Contains("Skip =", StringComparison.Ordinal)
            select $"{file}: {line.Trim()}";

        skipped.Should().BeEmpty();
    }

    [Fact]
    public void No_folder_or_type_is_named_for_what_it_is_not()
    {
        var vague =
            from file in SourceTree.Code
            where VagueName().IsMatch(Path.GetFileNameWithoutExtension(file))
            select file;

        vague.Should().BeEmpty();
    }

    [Fact]
    public void A_lock_file_of_the_browser_packages_names_no_registry()
    {
        foreach (var file in SourceTree.Files("broker", "package-lock.json"))
        {
            SourceTree.Lines(file).Should().NotContain(line => line.Contains("\"resolved\"", StringComparison.Ordinal), because: file);
        }
    }

    [Fact]
    public void No_private_key_is_committed()
    {
        var keys =
            from pattern in new[] { "*.pem", "*.key", "*.pfx", "*.p12" }
            from file in SourceTree.Files(".", pattern)
            where SourceTree.Lines(file).Any(line => line.Contains("PRIVATE KEY", StringComparison.Ordinal))
            select file;

        keys.Should().BeEmpty();
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException|Thread\.Sleep)\b|catch\s*\{\s*\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LeftForLater();

    [GeneratedRegex("(Helper|Helpers|Util|Utils|Manager)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VagueName();
}
