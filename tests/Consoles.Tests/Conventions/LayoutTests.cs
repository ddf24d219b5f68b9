namespace Consoles.Tests.Conventions;

/// <summary>Keeps the data's path one-way, and the two processes apart.</summary>
public class LayoutTests
{
    [Theory]
    [InlineData("agent", "Systemd", "Libvirt", "Inventory", "Identity", "QemuConf", "Certificates", "Rotation", "Enabling", "Relays", "Reporting")]
    [InlineData("broker", "Hosting", "Store", "Authority", "Nodes", "Access", "Tokens", "Sessions", "Typing", "Api", "Browser", "Viewers", "Nova")]
    public void A_slice_uses_only_the_slices_before_it(string process, params string[] path)
    {
        var backwards =
            from slice in path
            where Directory.Exists(Path.Combine(SourceTree.Root, process, slice))
            from file in SourceTree.Files(Path.Combine(process, slice), "*.cs")
            from later in path.SkipWhile(other => other != slice).Skip(1)
            where SourceTree.Lines(file).Any(line => line.StartsWith($"using Consoles.{process}.{later}", StringComparison.OrdinalIgnoreCase))
            select $"{file} looks ahead to {later}";

        backwards.Should().BeEmpty();
    }

    [Theory]
    [InlineData("agent", "Systemd", "Libvirt", "Inventory", "Identity", "QemuConf", "Certificates", "Rotation", "Enabling", "Relays", "Reporting")]
    [InlineData("broker", "Hosting", "Store", "Authority", "Nodes", "Access", "Tokens", "Sessions", "Typing", "Api", "Browser", "Viewers", "Nova")]
    public void Every_folder_of_a_process_is_a_slice_with_a_place_in_its_path(string process, params string[] path)
    {
        var folders =
            from folder in Directory.EnumerateDirectories(Path.Combine(SourceTree.Root, process))
            let name = Path.GetFileName(folder)
            where name is not ("bin" or "obj" or "Properties")
            select name;

        folders.Should().BeSubsetOf(path);
    }

    [Theory]
    [InlineData("common", "Consoles.Agent", "Consoles.Broker")]
    [InlineData("agent", "Consoles.Broker")]
    [InlineData("broker", "Consoles.Agent")]
    public void The_processes_know_common_and_not_each_other(string folder, params string[] strangers)
    {
        var seen =
            from file in SourceTree.Files(folder, "*.cs").Concat(SourceTree.Files(folder, "*.csproj"))
            from line in SourceTree.Lines(file)
            from stranger in strangers
            where line.Contains(stranger, StringComparison.Ordinal) && !line.Contains($"{stranger}.csproj\"/>", StringComparison.Ordinal)
            where !line.TrimStart().StartsWith("///", StringComparison.Ordinal) && !line.Contains("InternalsVisibleTo", StringComparison.Ordinal)
            where !(file.EndsWith(".csproj", StringComparison.Ordinal) && line.Contains("RootNamespace", StringComparison.Ordinal))
            select $"{file}: {line.Trim()}";

        seen.Should().BeEmpty();
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var elsewhere =
            from folder in new[] { ("agent", "Consoles.Agent"), ("broker", "Consoles.Broker"), ("common", "Consoles.Common"), ("tests/Consoles.Tests", "Consoles.Tests") }
            from file in SourceTree.Files(folder.Item1, "*.cs")
            let parts = Path.GetDirectoryName(Path.GetRelativePath(folder.Item1, file))!.Split('/', StringSplitOptions.RemoveEmptyEntries)
            let expected = string.Join('.', parts.Prepend(folder.Item2))
            let declared = SourceTree.Lines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))
            where declared is not null && declared != $"namespace {expected};"
            select $"{file}: {declared}";

        elsewhere.Should().BeEmpty();
    }
}
