using System.Runtime.CompilerServices;

namespace Consoles.Tests.Conventions;

/// <summary>The project's own source, as the tests of its rules see it.</summary>
internal static class SourceTree
{
    private static readonly string[] Built = ["/bin/", "/obj/", "/node_modules/", "/TestResults/", "/artifacts/"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every file below a folder that is not built, with forward slashes and relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file)
        where !Built.Any(part => $"/{path}".Contains(part, StringComparison.Ordinal))
        select path;

    public static IEnumerable<string> Code => new[] { "agent", "broker", "common", "tests" }.SelectMany(folder => Files(folder, "*.cs"));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
