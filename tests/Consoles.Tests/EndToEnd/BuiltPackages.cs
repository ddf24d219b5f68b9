using Consoles.Tests.Fakes;

namespace Consoles.Tests.EndToEnd;

/// <summary>The Debian packages, built as the README says.</summary>
public sealed class BuiltPackages : IAsyncLifetime
{
    // Restored, compiled and packed, on a machine that has other work.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private readonly TempDirectory _directory = new();

    /// <param name="part">broker or agent.</param>
    public string Of(string part) => Directory.GetFiles(_directory.Path, $"consoles-{part}_*.deb").Single();

    public async Task InitializeAsync()
    {
        foreach (var part in (string[])["broker", "agent"])
        {
            await Command.RunAsync(Path.Combine(Repository.Root, "common/Packaging/build"), [part, _directory.Path], Limit);
        }
    }

    public Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }
}
