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

    [GeneratedRegex(@"\b[A-Z]\w+Tests\b", RegexOptions.None, 1000)]
    private static partial Regex TestName();
}
