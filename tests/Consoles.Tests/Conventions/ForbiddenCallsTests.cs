using System.Text.RegularExpressions;

namespace Consoles.Tests.Conventions;

/// <summary>What others were broken by and is not there at all.</summary>
public partial class ForbiddenCallsTests
{
    // Each with an argument list, and none on the way of a person's request.
    private static readonly string[] Starters = ["agent/Certificates/QemuDryLoad.cs", "agent/Rotation/StrangerSockets.cs", "broker/Authority/HostCommand.cs"];

    private static IEnumerable<(string File, string Line)> Shipped =>
        from folder in new[] { "agent", "broker", "common" }
        from file in SourceTree.Files(folder, "*.cs")
        from line in SourceTree.Lines(file)
        select (file, line);

    [Fact]
    public void CVE_2026_42510_no_shell_is_started_and_no_program_for_a_request()
    {
        Shipped.Where(source => Starts().IsMatch(source.Line)).Select(source => source.File).Distinct(StringComparer.Ordinal).Should().BeEquivalentTo(Starters);
        Shipped.Where(source => Shells().IsMatch(source.Line)).Should().BeEmpty();

        var banned = SourceTree.Lines("BannedSymbols.txt");
        banned.Should().Contain(line => line.StartsWith("M:System.Diagnostics.Process.Start(System.String,System.String)", StringComparison.Ordinal));
        banned.Should().Contain(line => line.StartsWith("P:System.Diagnostics.ProcessStartInfo.Arguments", StringComparison.Ordinal));
    }

    [Fact]
    public void CVE_2022_44020_no_domain_is_defined_anew_or_changed() =>
        Shipped.Where(source => Changes().IsMatch(source.Line)).Should().BeEmpty(because: "a domain that is defined from what is read without its secrets has lost them");

    [Fact]
    public void CVE_2014_3517_secrets_and_digests_are_compared_in_constant_time() =>
        Shipped.Where(source => Compares().IsMatch(source.Line) && !source.Line.Contains("is null", StringComparison.Ordinal)).Should().BeEmpty();

    [Theory]
    [InlineData("@novnc/novnc", 1, 7)]
    [InlineData("@xterm/xterm", 6, 0)]
    public void CVE_2017_18635_CVE_2019_0542_the_viewers_are_of_versions_without_known_holes(string package, int major, int minor)
    {
        var line = SourceTree.Lines("broker/Browser/package.json").Single(one => one.Contains($"\"{package}\":", StringComparison.Ordinal));

        Version.Parse(Pinned().Match(line).Groups["version"].Value).Should().BeGreaterThanOrEqualTo(new Version(major, minor, 0));
    }

    [GeneratedRegex(@": ""(?<version>\d+\.\d+\.\d+)"",?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pinned();

    [GeneratedRegex(@"\bProcess\.Start\(|new ProcessStartInfo\(", RegexOptions.None, 1000)]
    private static partial Regex Starts();

    [GeneratedRegex(@"UseShellExecute\s*=\s*true|""(/bin/)?(ba|da)?sh""|""-c""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shells();

    [GeneratedRegex(@"virDomain(Define|Create|Update|Attach|Detach|Undefine|Save|Migrate|Set)\w*|virConnectDomainXML\w*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changes();

    [GeneratedRegex(@"\b\w*([Dd]igest|[Ss]ecret|[Pp]assword)\s*(==|!=)\s*\w*([Dd]igest|[Ss]ecret|[Pp]assword)|([Dd]igest|[Ss]ecret|[Pp]assword)\w*(\.AsSpan\(\))?\.(Sequence)?Equals?\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Compares();
}
