using System.Text.RegularExpressions;

namespace Consoles.Tests.Conventions;

/// <summary>Keeps docs/architecture.md true where a machine can tell.</summary>
public partial class ArchitectureTests
{
    [Fact]
    public void Every_test_that_the_architecture_names_is_there()
    {
        var tests = SourceTree.Files("tests", "*Tests.cs").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var named = TestName().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "docs/architecture.md"))).Select(match => match.Value).ToList();

        named.Should().NotBeEmpty().And.OnlyContain(name => tests.Contains(name));
    }

    [Fact]
    public void Every_test_that_the_page_on_Nova_names_is_there()
    {
        var tests =
            from file in SourceTree.Files("tests", "*Tests.cs")
            from line in SourceTree.Lines(file)
            let match = TestMethod().Match(line)
            where match.Success
            select $"{Path.GetFileNameWithoutExtension(file)}.{match.Groups["name"].Value}";

        var named = NamedTest().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "docs/nova.md"))).Select(match => match.Groups["test"].Value).ToList();

        named.Should().NotBeEmpty().And.BeSubsetOf(tests);
    }

    [GeneratedRegex(@"\b[A-Z]\w+Tests\b", RegexOptions.None, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^    public (async )?(Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"`(?<test>[A-Z]\w+Tests\.\w+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedTest();
}
