namespace Consoles.Tests.Fakes;

/// <summary>A directory of the test's own, gone at its end.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("consoles-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        // What was told to end a moment ago may still write into it.
        if (!SpinWait.SpinUntil(IsDeleted, TimeSpan.FromSeconds(30)))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private bool IsDeleted()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
